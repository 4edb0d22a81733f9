// Shows cards as a client would and measures what can be measured. Loaded by every page shell.
"use strict";
window.MathJax = {
  tex: {
    displayMath: [["\\[", "\\]"]],
    processEscapes: false,
    processEnvironments: false,
    processRefs: false,
    // Anki's packages, without the two that hide errors: here an error must be seen.
    packages: { "[+]": ["mathtools"], "[-]": ["noerrors", "noundefined", "textmacros"] },
  },
  loader: { paths: { mathjax: "/mathjax" } },
  startup: { typeset: false },
};

const holder = () => document.querySelector("[data-holder]");

function setNight(on) {
  document.documentElement.classList.toggle("night-mode", on);
  for (const name of document.body.dataset.night.split(" ")) document.body.classList.toggle(name, on);
}

async function show(card, side) {
  document.getElementById("card-style").textContent = card.css;
  document.body.className = `card card${card.ord + 1}`;
  MathJax.typesetClear();
  holder().innerHTML = card[side];
  await MathJax.typesetPromise([holder()]);
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  for (const details of document.querySelectorAll("details")) details.open = true;
  // MathJax's fonts are asked for when the page is first laid out, and change the height of lines when they come.
  holder().getBoundingClientRect();
  await document.fonts.ready;
}

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colours = new Map();
function colour(css) {
  if (!colours.has(css)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    colours.set(css, [r, g, b, a / 255]);
  }
  return colours.get(css);
}
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
function luminance([r, g, b]) {
  const linear = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
function background(element, known) {
  if (!element) return [255, 255, 255, 1];
  if (!known.has(element)) {
    const own = colour(getComputedStyle(element).backgroundColor);
    known.set(element, own[3] === 1 ? own : over(own, background(element.parentElement, known)));
  }
  return known.get(element);
}
function contrast(element, known) {
  const below = background(element, known);
  const [a, b] = [over(colour(getComputedStyle(element).color), below), below].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The element of lowest contrast: every one that holds text of its own or a formula. */
function lowestContrast() {
  const holders = new Set(document.querySelectorAll("mjx-math"));
  const walker = document.createTreeWalker(holder(), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (walker.currentNode.data.trim()) holders.add(walker.currentNode.parentElement);
  }
  const known = new Map();
  let low = { value: 21, where: "" };
  for (const element of holders) {
    if (!element.getClientRects().length || element.closest("mjx-assistive-mml, style, script")) continue;
    const value = contrast(element, known);
    if (value < low.value) low = { value, where: `${element.tagName.toLowerCase()}.${element.className}` };
  }
  return low;
}

/** After the client has scrolled to #answer: is the whole question still there, and the answer's beginning too? */
function questionVisible() {
  const line = document.getElementById("answer");
  if (!line) return true;
  line.scrollIntoView();
  const question = document.querySelector("article .dw-q, article .dw-short").getBoundingClientRect();
  const answer = line.nextElementSibling.getBoundingClientRect();
  const fits = question.height < 0.5 * innerHeight;
  scrollTo(0, 0);
  return question.bottom > 0 && (!fits || question.top >= 0) && answer.top < innerHeight - 60;
}

function measure() {
  const page = document.scrollingElement;
  return {
    over: Math.max(page.scrollWidth, document.body.scrollWidth) - page.clientWidth,
    inner: Math.max(...[...document.querySelectorAll("article")].map((one) => one.scrollWidth - one.clientWidth)),
    height: page.scrollHeight,
    raw: (document.body.innerText.match(/\\[([]/g) || []).length,
    refused: [...document.querySelectorAll("mjx-merror")].map((node) => node.dataset.mjxError || node.title),
    broken: [...document.images].filter((image) => !image.naturalWidth).map((image) => image.getAttribute("src")),
    unnamed: [...document.images].filter((image) => !image.alt).length,
    headings: [...document.querySelectorAll("h1, h2, h3, h4, [role=heading]")].map(
      (node) => +(node.getAttribute("aria-level") || node.tagName[1]),
    ),
    visible: questionVisible(),
    text: holder().innerText,
  };
}

/** Every side of every card, by day and by night, at the page's present width. */
async function look(cards) {
  await MathJax.startup.promise;
  const seen = [];
  for (const card of cards) {
    for (const side of ["front", "back"]) {
      await show(card, side);
      for (const mode of ["light", "night"]) {
        setNight(mode === "night");
        seen.push({ card: card.name, side, mode, ...measure(), contrast: lowestContrast() });
      }
      setNight(false);
    }
  }
  return seen;
}
