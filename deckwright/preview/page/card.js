// Shows one side of one card as a client of Anki would. Runs in the frame; the page around it calls `card.show`.
"use strict";

window.MathJax.startup = { typeset: false }; // a side is typeset when it is shown

/** By client: classes of <html>, of <body>, of <body> by night, and the id of the element that holds the card. */
const CLIENTS = {
  desktop: ["linux chrome", "isLin fancy", "nightMode night_mode", "qa"],
  android: ["mobile android linux chrome js", "mathjax-rendered", "nightMode night_mode", "qa"],
  "android-old": ["mobile android linux js", "", "night_mode nightMode", "content"],
  iphone: ["webkit safari iphone mobile js", "", "nightMode night_mode", "qa"],
};

window.card = (() => {
  let holder = null;
  let shown = 0;

  const outer = () => (parent !== window && parent.preview) || null;

  /** Typeset an element; without MathJax the TeX source stays. */
  async function typeset(element) {
    if (!/\\[([]/.test(element.textContent)) return;
    if (!window.MathJax.startup?.promise) {
      await new Promise((resolve) => (document.readyState === "complete" ? resolve() : addEventListener("load", resolve)));
    }
    if (!window.MathJax.startup?.promise) {
      outer()?.tell("MathJax could not be loaded: formulas are shown as their TeX source.");
      return;
    }
    await window.MathJax.startup.promise;
    await window.MathJax.typesetPromise([element]);
  }

  function dress(client, ordinal, night) {
    const [html, body, dark, id] = CLIENTS[client];
    document.documentElement.className = `${html}${night ? " night-mode" : ""}`;
    document.documentElement.dataset.client = client;
    document.documentElement.dataset.bsTheme = night ? "dark" : "light";
    document.body.className = `card card${ordinal + 1} ${night ? dark : ""} ${body}`.replace(/ +/g, " ").trim();
    return id;
  }

  /** What the reader did to the card that is shown: opened hints, scrolled, selected. */
  function reading() {
    if (!holder) return null;
    const open = [...holder.querySelectorAll("details")].map((one) => one.open);
    return { open, top: document.scrollingElement.scrollTop, selection: selected(), typed: typedText() };
  }

  function restore(before) {
    [...holder.querySelectorAll("details")].forEach((one, index) => {
      if (index in before.open) one.open = before.open[index];
    });
    document.scrollingElement.scrollTop = before.top;
    if (before.selection) select(before.selection);
    const box = holder.querySelector("input#typeans");
    if (box && before.typed) box.value = before.typed;
  }

  const typedText = () => document.querySelector("input#typeans")?.value ?? "";

  /** The selection as offsets in the card's text. */
  function selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed || !holder.contains(selection.anchorNode)) return null;
    const range = selection.getRangeAt(0);
    const before = document.createRange();
    before.setStart(holder, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = before.toString().length;
    return { start, end: start + range.toString().length, text: range.toString() };
  }

  function select({ start, end, text }) {
    const whole = holder.textContent;
    if (whole.slice(start, end) !== text) {
      start = whole.indexOf(text);
      if (start < 0) return;
      end = start + text.length;
    }
    const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let at = 0; walker.nextNode(); at += walker.currentNode.length) {
      const [node, length] = [walker.currentNode, walker.currentNode.length];
      if (at <= start && start <= at + length) range.setStart(node, start - at);
      if (at <= end && end <= at + length) {
        range.setEnd(node, end - at);
        break;
      }
    }
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  /**
   * Show a side. `keep` leaves the reader where they are, as after a save; else the front is shown from its top, and
   * the back from #answer as the clients do.
   */
  async function show({ html, css, ordinal, client, night, back, keep }) {
    const turn = ++shown;
    const next = document.createElement("div");
    next.dir = "auto";
    next.className = "waiting";
    next.innerHTML = html;
    const style = document.getElementById("style");
    const id = dress(client, ordinal, night);
    if (style.textContent !== css) style.textContent = css;
    document.body.append(next);
    await typeset(next);
    await Promise.all([...next.querySelectorAll("img")].map((image) => image.decode().catch(() => {})));
    if (turn !== shown) {
      next.remove();
      return;
    }
    const before = keep ? reading() : null;
    for (const old of document.querySelectorAll("#qa, #content")) old.remove();
    next.id = id;
    next.removeAttribute("class");
    holder = next;
    window.MathJax.typesetClear?.(); // what it knows of cards that are gone; this one needs nothing more
    if (before) restore(before);
    else if (back) document.getElementById("answer")?.scrollIntoView();
    else scrollTo(0, 0);
  }

  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const reference = event.target.closest(".ref[title]");
    if (link?.hasAttribute("data-sound")) play(link);
    else if (link?.getAttribute("href").startsWith("#")) return;
    else if (link && /^(https?|ftp|mailto):/.test(link.href)) open(link.href, "_blank", "noopener");
    else if (link) outer()?.tell(`the preview does not follow ${link.href.slice(0, 60)}`);
    else if (reference) outer()?.go(reference.title);
    else return;
    event.preventDefault();
  });

  function play(link) {
    if (/\.(mp4|webm|mkv|mov|avi|mpe?g|ogv|m4v)$/i.test(link.href)) {
      const video = document.createElement("video");
      Object.assign(video, { src: link.href, controls: true, autoplay: true });
      link.replaceWith(video);
    } else new Audio(link.href).play();
  }

  addEventListener("keydown", (event) => outer()?.key(event));

  return { show, typed: typedText };
})();
