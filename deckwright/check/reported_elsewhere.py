"""Help for the rules that other packages report, because only they see the fault: while they read, parse or compile.

Each is a name, a sentence, then Bad and Good.
"""

from __future__ import annotations

import re
from inspect import cleandoc

from deckwright.check.rules import RULES, Rule
from deckwright.problems import Severity

ERRORS = r"""
unreadable-file: A content file or folder can be read, and is in the deck folder.
  Bad:  cards/a.md -> /elsewhere/a.md
  Good: cards/a.md

not-utf8: A content file is UTF-8.
  Bad:  a file saved as GBK or Latin-1
  Good: the same file saved as UTF-8, with or without a byte-order mark

deck-toml: deck.toml is valid TOML, has a name and an id, and holds no unknown keys.
  Bad:  id = "My Deck"
  Good: id = "my-deck"

sources-toml: sources.toml is valid TOML; every source has title, authors, year, url and checked.
  Bad:  checked = "yesterday"
  Good: checked = 2026-11-22

bad-front-matter: Front matter is YAML of `key: value` lines between two lines of `---`.
  Bad:  tags: [a, b
  Good: tags: [a, b]

unclosed-fence: A fence of code is closed by a line of at least as many marks.
  Bad:  ```python … (end of file)
  Good: ```python … ```

unclosed-box: A box holds its text: `:::note` is closed by `:::`, the text under `!!! note` is indented by four columns.
  Bad:  :::note … ## Question
  Good: :::note … ::: … ## Question

unclosed-comment: An HTML comment is closed.
  Bad:  <!-- to do
  Good: <!-- to do -->

unclosed-formula: A formula ends in the paragraph in which it begins. A single unpaired $ is a dollar.
  Bad:  $$x = 1
  Good: $$x = 1$$

empty-formula: A formula holds something.
  Bad:  $$ $$
  Good: $$ x $$

cloze-number: A deletion begins with {{c, a number from 1 to 499 (or several: c1,2) and two ASCII colons.
  Bad:  {{c0::x}}, {{c1:x}}, {{c1：：x}}
  Good: {{c1::x}}

unclosed-cloze: A deletion is closed in the paragraph, list item or table row in which it begins.
  Bad:  {{c1::softmax
  Good: {{c1::softmax}}

indented-heading: A heading that divides the file (#, ##, ###) begins at the margin.
  Bad:  "  ## Question"
  Good: "## Question"

glued-heading: A heading has a space after its marks.
  Bad:  ##Question
  Good: ## Question

heading-in-html: A heading has a blank line before it where HTML is above: HTML goes on to the next blank line.
  Bad:  </details>
        ## Question
  Good: </details>

        ## Question

underlined-heading: A line of dashes or equals signs under text would make a heading of it: a rule needs a blank line
  before.
  Bad:  text
        ---
  Good: text

        ---

too-deep: Lists, quotes and emphasis nest no deeper than a reader can follow.
  Bad:  a list thirteen levels deep
  Good: two levels, and a second card

too-large: A note is not larger than Anki and Markdown can handle.
  Bad:  one note with a hundred thousand formulas
  Good: notes of one idea each

missing-media: A picture, sound or video that a note uses is in the deck folder, under exactly that name.
  Bad:  ![mask](msak.svg)
  Good: ![mask](mask.svg)

outside-media: Media are inside the deck folder, also when followed through links.
  Bad:  ![mask](../../secrets.png)
  Good: ![mask](mask.png)

remote-media: Media are files: a build fetches nothing from the network.
  Bad:  ![logo](https://example.org/logo.png)
  Good: ![logo](logo.png)

unsafe-drawing: A drawing holds shapes and text only, no scripts and no parts of web pages but text in labels.
  Bad:  <svg …><script>…</script></svg>
  Good: <svg …><path d="…"/></svg>

kind-change: A note keeps its kind: a question cannot become a cloze under the same id, Anki would never update it.
  Bad:  ## Softmax {#softmax} … then … {{c1::softmax}}
  Good: ## Softmax {#softmax-definition} … {{c1::softmax}}

bad-lock: deck.lock is undamaged, and this deck's.
  Bad:  <<<<<<< HEAD
  Good: either side of the conflict, then another build

future-time: No time in deck.lock is later than the clock: Anki would skip changes until the clock is there.
  Bad:  "mod": 4102444800
  Good: the time of a build

stale-lock: With --frozen, deck.lock already contains what the build would write.
  Bad:  an edited card and yesterday's lock under --frozen
  Good: build without --frozen, then commit deck.lock

tex: MathJax compiles every formula (`check --tex` only).
  Bad:  $\frac{a}{$
  Good: $\frac{a}{b}$

lost-id: A note keeps its id: under another one every learner would get a second, unlearned card.
  Bad:  ## Softmax {#sofmax} … where the last build knew {#softmax} with that text
  Good: ## Softmax {#softmax}

exchanged-id: A note keeps its id: under that of another note its learners' history would count for the other card.
  Bad:  ## Softmax {#relu} and ## ReLU {#softmax} … where the last build had them the other way round
  Good: ## Softmax {#softmax} and ## ReLU {#relu}

reused-id: The id of a note that was retired belongs to that note alone, should it come back.
  Bad:  ## ReLU {#softmax} … after the note {#softmax} was taken out and the deck built
  Good: ## ReLU {#relu}

doubled-note: A note without an id is not word for word one that was built: learners would get the card twice.
  Bad:  a copy of softmax.md as it was before its ids were written, saved under another name
  Good: one of the two files

released-alias: An alias is not an id that learners have: it finds links, it keeps no history.
  Bad:  ## Softmax {#softmax-definition alias=softmax} … when {#softmax} was built before
  Good: ## Softmax {#softmax alias=softmax-definition}

wholesale-loss: More than ten notes, and more than a tenth, are not removed at once by mistake: --allow-retiring
  allows it.
  Bad:  an empty folder where the last build had a thousand notes
  Good: the files of those notes, or build --allow-retiring 1000

unbalanced-markup: An element, and a deletion, is closed inside the element in which it was opened.
  Bad:  **bold {{c1::across** it}}
  Good: **bold** {{c1::**across** it}}

merge-marker: No marker of an unfinished merge is in a file.
  Bad:  <<<<<<< HEAD
  Good: one of the two versions, without the markers

large-media: A media file is not larger than AnkiWeb takes: 100 MB.
  Bad:  ![talk](talk.mp4) of 300 MB
  Good: ![talk](talk.mp4) of 30 MB, or a link to it

style-media: style.css names no file: Anki imports none that only CSS names.
  Bad:  @font-face { src: url(font.woff2) }
  Good: @font-face { src: url(data:font/woff2;base64,…) }
"""
WARNINGS = r"""
nested-deck: No deck is inside another one: its notes would be in both packages.
  Bad:  cards/deck.toml and cards/verbs/deck.toml
  Good: cards/deck.toml and cards/verbs/notes.md

no-notes: A deck holds notes, in files whose names end in .md; README.md is for people.
  Bad:  cards/README.md alone
  Good: cards/food.md

renumbered-deletion: A deletion keeps its number: each number is a card with a history of its own.
  Bad:  {{c1::heart}} … then {{c1::Always}} the {{c2::heart}}
  Good: {{c1::heart}} … then {{c2::Always}} the {{c1::heart}}

wide-formula: A formula fits a phone's screen: 44 ex at most (`check --tex` only).
  Bad:  $$ a + b + … (sixty terms in one line) $$
  Good: $$ \begin{aligned} a &+ b \\ &+ … \end{aligned} $$

missing-lock: A deck whose notes have ids has a deck.lock, it is committed, and git reads the repository.
  Bad:  deck.lock in .gitignore
  Good: git add deck.lock

common-deck-id: A deck's id is its own: with the same one, importing one deck overwrites the notes of the other.
  Bad:  id = "my-deck"
  Good: id = "biology-k3m7qx"

unportable-name: A name is one that Windows, and a disk on which case does not count, can hold.
  Bad:  what?.md, aux.md, Case.md beside case.md
  Good: what.md, auxiliary.md, case.md and other-case.md

copied-deck: No two decks have one id: importing one would overwrite the notes of the other.
  Bad:  cp -r spanish french
  Good: the same, then a new id in french/deck.toml, and french/deck.lock deleted

unused-exclude: A pattern of exclude in deck.toml leaves something out; it means what it means in a .gitignore.
  Bad:  exclude = ["draft"] beside a folder drafts
  Good: exclude = ["drafts", "*.old.md", "/ideas.md"]
"""

for severity, texts in ((Severity.ERROR, ERRORS), (Severity.WARNING, WARNINGS)):
    for text in re.split(r"\n\n(?=\S)", texts.strip()):
        sentence, _, examples = text.partition("\n  Bad:")
        name, _, sentence = " ".join(sentence.split()).partition(": ")
        RULES[name] = Rule(name, severity, cleandoc(f"{sentence}\n\n  Bad:{examples}"))
