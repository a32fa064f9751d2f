"""Puts HTML, terminal codes and spreadsheet formulas into its errors."""

def first_answer(*args):
    raise ValueError('<script>alert(1)</script>\x1b[2J\x00=cmd|\' /C calc\'!A0 ' + '\u202e' + 'A' * 100_000)
