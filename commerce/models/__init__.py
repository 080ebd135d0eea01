from commerce.models.order import Order, OrderLine, Payment, Refund, RefundLine
from commerce.models.pair import ArticleFigure, ProductPair
from commerce.models.product import Category, Product, Stock

__all__ = [
    "ArticleFigure", "Category", "Order", "OrderLine", "Payment", "Product", "ProductPair", "Refund", "RefundLine",
    "Stock",
]  # fmt: skip
