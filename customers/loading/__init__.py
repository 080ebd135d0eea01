"""`manage.py load`: files → rows → fields → tables; docs/importing.md tells a stranger how."""
