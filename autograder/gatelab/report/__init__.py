"""The record of a graded submission, and what is made from it. Each folder imports only from those below it:

- edited_table: the table of grades as it comes back from a spreadsheet, compared with the one that was written
- outputs: pages, results for Gradescope, e-mails, the table of grades
- whole_class: what staff want to know about the class, and the form of class.json
- by_hand: what people gave (marks, corrections), and the report with it applied
- record: the report itself, its versioned format, and how points are written
"""
