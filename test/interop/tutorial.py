"""The configuration of every keepalived tutorial, examples/two-nginx, in all three pairs."""

from lab import case
from lab.tutorial import tutorial_story

case("two nginx: Keelvip is lb-1, keepalived is lb-2", seconds=120,
     lb_1="keelvip", lb_2="keepalived")(tutorial_story)
case("two nginx: keepalived is lb-1, Keelvip is lb-2", seconds=120,
     lb_1="keepalived", lb_2="keelvip")(tutorial_story)
