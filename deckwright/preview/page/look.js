// How the card is shown: its frame, the client, day or night, which the browser remembers.
import { $ } from "./dom.js";

export const FRAMES = {
  phone: ["Phone 390", 390, 844, "android"],
  small: ["Small phone 360", 360, 740, "android"],
  tablet: ["Tablet 768", 768, 1024, "android"],
  desktop: ["Desktop", 0, 0, "desktop"],
};
const CLIENTS = {
  "": "Usual client",
  desktop: "Anki desktop",
  android: "AnkiDroid",
  "android-old": "AnkiDroid, old study screen",
  iphone: "AnkiMobile (approximate)",
};

export const look = { frame: "desktop", client: "", night: false, follow: true, ...remembered() };

function remembered() {
  try {
    return JSON.parse(localStorage.getItem("look")) ?? {};
  } catch {
    return {};
  }
}

export function remember() {
  try {
    localStorage.setItem("look", JSON.stringify({ frame: look.frame, client: look.client, night: look.night }));
  } catch {
    // a browser that keeps nothing forgets the frame, no more
  }
}

/** Give frame and page the look that was chosen. */
export function dress() {
  const [, width, height] = FRAMES[look.frame];
  const frame = $("card");
  frame.style.width = width ? `${width}px` : "100%";
  frame.style.height = height ? `${height}px` : "100%";
  $("stage").dataset.frame = look.frame;
  $("frame").value = look.frame;
  $("client").value = look.client;
  document.documentElement.classList.toggle("night", look.night);
  $("night").ariaPressed = look.night;
  $("follow").ariaPressed = look.follow;
}

$("frame").replaceChildren(...Object.entries(FRAMES).map(([value, [name]]) => new Option(name, value)));
$("client").replaceChildren(...Object.entries(CLIENTS).map(([value, name]) => new Option(name, value)));
