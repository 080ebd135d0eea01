"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify("commerce.Category", none="id code name parent")
    classify("commerce.Product", none="id code parent name category kind brand price size attributes")
    classify("commerce.ProductPair", none="id left right baskets together lift inside inside_low as_of")
    classify("commerce.ArticleFigure", none="id article sold gap people buyers as_of")
    classify("commerce.Stock", none="id store product quantity counted_at")
    classify(
        "commerce.Order",
        none="id source source_ref revision digest store till channel state placed_at business_date currency rate "
             "total discount base_total flags coupons",
        pseudonym="customer identity_id came_as", contact="claim",
    )  # fmt: skip
    classify("commerce.OrderLine", none="id order line_ref product sku name kind quantity unit_price discount total")
    classify("commerce.Payment", none="id order ref kind amount captured_at voided_at", said="reference")
    classify(
        "commerce.Refund",
        none="id order order_ref source source_ref digest store till refunded_at business_date currency amount "
             "base_amount by_points tender",
        pseudonym="customer came_as", said="reason",
    )  # fmt: skip
    classify("commerce.RefundLine", none="id refund order_line line_ref quantity amount")
