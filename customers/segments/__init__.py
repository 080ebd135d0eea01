"""Segments: rules over registered fields, and the people they mean.

`rules` checks a rule, `compiling` makes SQL of it, `sentences` says it, `reasons` explains one person, `counting` is
for the builder, `refreshing` brings the stored people in line, `verbs` is what operators do.
"""
