"""What people gave: marks and corrections as they are stored, and the report with them applied."""
