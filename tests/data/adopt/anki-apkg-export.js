// Makes anki-apkg-export.apkg, a package of a generator that has nothing to do with genanki or Anki's own code:
// npm install anki-apkg-export@4.0.3 && node anki-apkg-export.js
const fs = require("fs");
const { default: AnkiExport } = require("anki-apkg-export");

const deck = new AnkiExport("Chemistry");
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
deck.addMedia("dot (1).png", dot);
deck.addCard("What is the formula of water?", "H<sub>2</sub>O", { tags: ["basics", "formula"] });
deck.addCard("Which of them are <b>noble gases</b>?", "<ul><li>Helium</li><li>Neon</li></ul>", { tags: "basics" });
deck.addCard('What does this show? <img src="dot (1).png" />', "A dot &amp; nothing else", {});
deck.addCard("Name two *acids*", "<div>HCl</div><div>H<sub>2</sub>SO<sub>4</sub></div>");
deck.save({ compression: "DEFLATE" }).then((zip) => fs.writeFileSync("anki-apkg-export.apkg", zip, "binary"));
