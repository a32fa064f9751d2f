"""What is made from reports: pages, results for Gradescope, e-mails, the table of grades."""
