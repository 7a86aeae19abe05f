"""The portal's figures (`make bench`): each as a ratio to a floor measured in the same run.

A floor is the least that the same rows can cost: COPY into a bare table, one ranked INSERT … SELECT, an
empty page. Seconds differ from machine to machine; ratios hardly do. docs/performance.md keeps some.
"""
