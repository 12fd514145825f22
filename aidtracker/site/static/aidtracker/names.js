// What the theme leaves without a name for those who hear a page: where the page itself is, and what each of the
// dropdowns that are searched by typing asks for, and holds.
const nameOf = (select) =>
  (document.querySelector(`label[for="${select.id}"]`)?.textContent ?? select.getAttribute("aria-label") ?? "")
    .replace("*", "")
    .trim();

const nameDropdowns = () => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    const shown = box?.querySelector("[role=textbox]");
    const name = [nameOf(select), shown?.textContent.trim()].filter(Boolean).join(": ");
    for (const each of [box, shown]) each?.setAttribute("aria-label", name);
  }
};

addEventListener("load", () => {
  const main = document.querySelector("#main");
  if (!main) return;
  main.setAttribute("role", "main");
  // The theme calls each of its scrolled parts by one name.
  for (const each of document.querySelectorAll(".simplebar-content-wrapper")) {
    const part = each.closest("nav, .inline-related");
    const name = part?.matches("nav") ? "Pages" : part?.querySelector("h2")?.textContent.trim();
    if (name) each.setAttribute("aria-label", name);
  }
  nameDropdowns();
  // They are dressed later, one by one, and as rows are added.
  new MutationObserver(nameDropdowns).observe(main, { childList: true, subtree: true });
});
