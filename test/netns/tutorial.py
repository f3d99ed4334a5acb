"""examples/two-nginx with Keelvip on both nodes; test/interop has the mixed pairs."""

from lab import case
from lab.tutorial import tutorial_story

case("two nginx: Keelvip is lb-1 and lb-2", seconds=120,
     lb_1="keelvip", lb_2="keelvip")(tutorial_story)
