"""The files of a till or shop: products, stock, orders with their lines, payments and refunds."""
