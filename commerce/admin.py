from django.contrib import admin

from commerce.models import Category, Order, OrderLine, Payment, Product, Refund, Stock
from scrm.kernel.admin import FactAdmin, SetupAdmin


@admin.register(Category)
class CategoryAdmin(SetupAdmin):
    list_display = ["code", "name", "parent"]
    list_select_related = ["parent"]
    search_fields = ["code"]


@admin.register(Product)
class ProductAdmin(SetupAdmin):
    list_display = ["code", "name", "category", "kind", "price"]
    list_filter = ["kind"]
    list_select_related = ["category"]
    search_fields = ["code"]


@admin.register(Stock)
class StockAdmin(FactAdmin):
    list_display = ["store", "product", "quantity", "counted_at"]
    list_select_related = ["store", "product"]
    ordering = ["-id"]


class LineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    can_delete = False
    raw_id_fields = ["product"]


class PaymentInline(admin.TabularInline):
    model = Payment
    extra = 0
    can_delete = False


@admin.register(Order)
class OrderAdmin(FactAdmin):
    list_display = ["source_ref", "source", "state", "store", "placed_at", "total", "currency"]
    list_select_related = ["store"]
    search_fields = ["source_ref__exact"]
    exclude = ["digest"]
    ordering = ["-id"]
    inlines = [LineInline, PaymentInline]


@admin.register(Refund)
class RefundAdmin(FactAdmin):
    list_display = ["source_ref", "order_ref", "store", "refunded_at", "amount", "currency"]
    list_select_related = ["store"]
    exclude = ["digest"]
    ordering = ["-id"]
