"""From what SDKs send to events and persons: the same steps, in the same order, as PostHog's own pipeline.

`decoding` reads a request body, `normalizing` makes events of it, `persons` lets them make and change persons,
`groups` and `definitions` note what else they tell. `mockserver.capture` runs the last three over a batch.
"""
