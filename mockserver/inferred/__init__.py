"""Operations that are answered from an OpenAPI document alone: of whatever API, stateful, where no family is modelled.

`reading` and `tidying` take a document and bring it to one form, `inference` finds what its paths are about, `compiled`
keeps that; `drawing` makes values that fit its schemas, `judging` judges bodies by them; `answering` does
with records what operations say, and `registry` says which requests are answered so.
"""
