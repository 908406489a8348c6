// One key for everything. Buttons with data-key do what their key does, so both are always alike.
import { at, make } from "./dom.js";

export const KEYS = [
  ["Enter or J", "all is right: on to the next pair"],
  ["T", "the text is not what is said"],
  ["E", "an end is wrong"],
  ["S", "skip: cannot tell"],
  ["U or Z", "undo the last verdict, and go back to its pair"],
  ["Space", "play or pause"],
  ["A", "play with what lies around"],
  ["L", "loop"],
  ["D", "slower: 1, 0.75, 0.5"],
  ["[ ]", "move the start by 50 ms; with Shift the end"],
  ["R", "put the ends back"],
  ["← →", "the pair before, the pair after in the recording"],
  ["N", "next in the queue, without a verdict"],
  ["P or /", "all pairs"],
  ["?", "these keys"],
];
const ALIKE = { j: "Enter", z: "u", "/": "p" };

// The key as the table names it. With a keyboard of another script the letter in the same place counts.
function name(event) {
  const { key, code } = event;
  const bracket = { BracketLeft: "-", "[": "-", "{": "-", BracketRight: "+", "]": "+", "}": "+" };
  const moves = bracket[code] ?? bracket[key];
  if (moves) return (event.shiftKey ? "end" : "start") + moves;
  if (key.length === 1 && key > "\u007f" && code.startsWith("Key")) return code.slice(3).toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

export function listenToKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const onButton = event.target.closest("button");
    if (onButton && [" ", "Enter"].includes(event.key)) return; // the button in focus is what is pressed
    const slider = event.target.closest("[role=slider]");
    let key = name(event);
    if (slider && event.key.startsWith("Arrow")) key = slider.id + (["ArrowLeft", "ArrowDown"].includes(event.key) ? "-" : "+");
    if (slider && key.startsWith("Arrow")) return;
    key = ALIKE[key] ?? key;
    const act = acts[key];
    if (!act) return;
    event.preventDefault();
    if (!event.repeat || /[-+]$/.test(key)) act(); // a key held down moves an end on, and judges one pair only
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-key]");
    if (!button) return;
    acts[button.dataset.key]?.();
    if (event.detail) button.blur(); // after a click Space and Enter mean the page again
  });
  at("keys").replaceChildren(
    ...KEYS.map(([key, meaning]) => make("tr", {}, make("th", {}, make("kbd", { textContent: key })), make("td", { textContent: meaning }))),
  );
}
