"""The losses of the rows are added up; the loss of a batch is their mean.

Hint: What should happen to the loss when every row is in the batch twice?
"""

credit = 0.6

EDITS = [("-of_the_right.log().mean()", "-of_the_right.log().sum()")]
