"""The pages hand work to the same queue the worker takes it from."""

from scrm.celery import app as celery_app

__all__ = ["celery_app"]
