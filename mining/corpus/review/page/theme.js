// Light or dark: as the system says, until a person says otherwise.
import { at } from "./dom.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function beginTheme(changed) {
  const apply = () => {
    document.documentElement.style.colorScheme = localStorage.theme || "light dark";
    changed();
  };
  at("theme").addEventListener("click", () => {
    const now = localStorage.theme || (dark.matches ? "dark" : "light");
    localStorage.theme = now === "dark" ? "light" : "dark";
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}
