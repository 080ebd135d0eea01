"""Who is the same person: candidates, their score with reasons, what joins by itself and what a person decides."""
