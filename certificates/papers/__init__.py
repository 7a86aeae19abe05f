"""The papers around a class: who took part, who was there, decree, assignment, scores, report, return.

`people` reads the participants a user may see, `blocks` are what a page is made of, one module for each
group of papers builds the blocks or the rows, `catalogue` names all papers, `making` makes and records one.
"""
