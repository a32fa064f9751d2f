"""Answers every concept question with every answer."""

class Every(dict):
    def get(self, key, default=None): return Every()
    def __getitem__(self, key): return Every()
    def __contains__(self, key): return True
answers = Every(c1=['a', 'b', 'c', 'd'], c2={'a', 'b'}, c3='a b c d', c4='abcd', c5=True, c6=float('nan'), c7='a|b|c|d', c8='.*', c9='%', c10='a\nb\nc\nd')
