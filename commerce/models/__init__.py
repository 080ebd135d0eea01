from commerce.models.order import Order, OrderLine, Payment, Refund, RefundLine
from commerce.models.product import Category, Product, Stock

__all__ = ["Category", "Order", "OrderLine", "Payment", "Product", "Refund", "RefundLine", "Stock"]
