"""Operations that are answered from an OpenAPI document alone: of whatever API, stateful, where no family is modelled.

`reading` takes a document and brings it to one form, `drawing` makes values that fit its schemas, `judging` judges the
bodies that they describe.
"""
