// Where the sentence stands in its document: the image of the page, its lines marked, or the lines around it.
import { at, make } from "./dom.js";

let near = false;

// The images of a place, on their way: shown later, they are there at once.
export function load(place) {
  const about = (page) => ({ alt: `Page ${page.number} of the document`, src: page.image, draggable: false });
  return place.pages.filter((page) => page.image).map((page) => make("img", about(page)));
}

export function showPlace(pair, images) {
  const left = [...images];
  const parts = pair.place.pages.map((page) => (page.image ? sheet(page, left.shift()) : lines(page, pair.language)));
  const note = pair.place.note ? [make("p", { className: "note", textContent: pair.place.note })] : [];
  const pages = pair.place.pages.map((page) => page.number).join(", ");
  const title = make("h2", {}, make("span", { textContent: pages ? `${pair.document}, page ${pages}` : pair.document }));
  if (images.length) title.append(zoom());
  at("place").replaceChildren(title, ...note, ...parts);
  centre();
}

function zoom() {
  const button = make("button", { type: "button", textContent: near ? "Smaller" : "Larger" });
  button.addEventListener("click", () => {
    near = !near;
    button.textContent = near ? "Smaller" : "Larger";
    centre();
  });
  return button;
}

function sheet(page, image) {
  const box = make("div", { className: "sheet", tabIndex: 0, ariaLabel: `Page ${page.number}` });
  const marks = page.boxes.map(([left, top, right, bottom]) => {
    const mark = make("i");
    const [pad, wide] = [0.004, 0.006]; // letters reach beyond their boxes
    Object.assign(mark.style, {
      left: `${100 * (left - wide)}%`,
      top: `${100 * (top - pad)}%`,
      width: `${100 * (right - left + 2 * wide)}%`,
      height: `${100 * (bottom - top + 2 * pad)}%`,
    });
    return mark;
  });
  image.addEventListener("load", centre);
  image.addEventListener("error", () => box.replaceWith(make("p", { className: "note", textContent: "The page's image could not be made." })));
  box.append(make("div", { className: "paper" }, image, ...marks));
  return box;
}

// Each sheet scrolled so that what is marked is in its middle.
function centre() {
  for (const box of document.querySelectorAll(".sheet")) {
    box.classList.toggle("near", near);
    const marks = [...box.querySelectorAll("i")];
    if (!marks.length) continue;
    const first = marks.reduce((one, other) => (other.offsetTop < one.offsetTop ? other : one));
    const bottom = Math.max(...marks.map((mark) => mark.offsetTop + mark.offsetHeight));
    const right = Math.max(...marks.map((mark) => mark.offsetLeft + mark.offsetWidth));
    const left = Math.min(...marks.map((mark) => mark.offsetLeft));
    box.scrollTop = (first.offsetTop + bottom - box.clientHeight) / 2;
    box.scrollLeft = (left + right - box.clientWidth) / 2;
  }
}

function lines(page, language) {
  const all = page.lines.map(([text, inside]) => make("p", { textContent: text, className: inside ? "in" : "", dir: "auto" }));
  return make("div", { className: "lines", lang: language || "" }, ...all);
}
