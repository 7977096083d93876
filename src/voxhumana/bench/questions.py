"""What is asked: everyday questions and requests, and statements; each has no pause, or a place for one.

With the first twelve and with `FURTHER`'s first six turns were tuned; the others were written before the last
change of turns, and turns were not tuned with them.
"""

from __future__ import annotations

QUESTIONS = (
    ("What is the capital of France?",),
    ("How many legs does a spider have?",),
    ("What should I cook tonight?",),
    ("Can you tell me a short story?",),
    ("Why is the sky blue?",),
    ("What is a good name for a cat?",),
    ("Tell me something", "about the history of tea."),
    ("How do I", "get a stain out of a shirt?"),
    ("I would like to know", "what time the sun goes down in winter."),
    ("Could you explain", "how a piano works?"),
    ("What is the difference", "between a lake and a pond?"),
    ("My neighbour has a dog", "that barks all night, what should I do?"),
    ("Who wrote Romeo and Juliet?",),
    ("Do penguins have knees?",),
    ("Recommend a film for a rainy evening.",),
    ("Tell me a joke about a fisherman.",),
    ("How long does it take to boil a potato?",),
    ("Where does chocolate come from?",),
    ("Can you remember", "where I put my glasses?"),
    ("Give me three reasons", "to learn a musical instrument."),
    ("What happens", "if I forget to water a cactus?"),
    ("I wonder", "how birds sleep on a branch."),
    ("Describe to me", "a walk through an old forest."),
    ("My grandmother baked", "a cake with apples every Sunday."),
)
"""Half of them in two parts."""
FURTHER = (
    ("I was wondering if you", "could recommend a good book."),
    ("When I was a child", "we always had porridge for breakfast."),
    ("Is it true that", "elephants never forget?"),
    ("I need to", "buy a present for my sister."),
    ("On my way home", "I saw an enormous rainbow."),
    ("Please explain to me", "why the moon changes its shape."),
    ("Do you think", "it will snow before Christmas?"),
    ("Let us talk", "about the stars."),
    ("Who was the first person", "to climb Mount Everest?"),
    ("We are going", "to the seaside next week."),
    ("Is there a way", "to keep flowers fresh for longer?"),
    ("Write a short poem", "about a lighthouse keeper."),
)
"""More in two parts, for pauses."""
