from touchpoints.models.visit import Trial, Visit

__all__ = ["Trial", "Visit"]
