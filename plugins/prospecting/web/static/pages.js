"use strict";
// Pages work without this script; it makes them look and behave like the Airflow around them.

const ours = document.currentScript;
const airflow = ours.dataset.airflow;
const outside = window.parent !== window ? window.parent : null;

// Light or dark, as Airflow shows it.
function applyTheme() {
  let theme = null;
  try { theme = window.localStorage.getItem("theme"); } catch { /* storage is off */ }
  if (theme !== "light" && theme !== "dark") {
    theme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.dataset.theme = theme;
}
applyTheme();
window.addEventListener("storage", (event) => { if (event.key === "theme") applyTheme(); });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
if (outside) {
  try {
    new MutationObserver(applyTheme).observe(outside.document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
  } catch { /* another origin */ }
}

// Times in the zone that the viewer has set in Airflow, else the browser's.
function zone() {
  try { return JSON.parse(window.localStorage.getItem("timezone")) || undefined; } catch { return undefined; }
}
function showTimes(within) {
  let format;
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false };
  try { format = new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: zone() }); } catch { format = new Intl.DateTimeFormat("sv-SE", options); }
  for (const element of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    element.textContent = format.format(moment);
    element.title = `${element.dateTime} (${format.resolvedOptions().timeZone})`;
  }
}

// Links into Airflow's own UI: inside of its frame only Airflow itself can go there, so its router is told.
function followAirflowLink(event) {
  const link = event.target.closest("a[data-airflow]");
  if (!link || !outside || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  outside.history.pushState({}, "", link.href);
  outside.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

// Filters apply when they change; forms that ask twice do so in the page, because a frame may open no dialog.
function submitFilters(event) {
  const form = event.target.closest("form.filters");
  if (form && event.target.matches("select, input[type=checkbox], input[type=date]")) form.requestSubmit();
}
function askTwice(event) {
  const button = event.target.closest("button[data-confirm]");
  if (!button || button.dataset.asked) return;
  event.preventDefault();
  button.dataset.asked = "yes";
  button.textContent = button.dataset.confirm;
}
// What is not filled in stays out of the address.
function leaveOutEmpty(event) {
  if (!event.target.matches("form.filters")) return;
  for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
}

// A part that says how often it wants to be fetched again, until it no longer says so.
function refresh(element) {
  const seconds = Number(element.dataset.refresh);
  if (!seconds) return;
  window.setTimeout(async () => {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(element.id);
        if (fresh) {
          element.replaceWith(fresh);
          showTimes(fresh);
          refresh(fresh);
          return;
        }
      }
    } catch { /* the server is away for a moment */ }
    refresh(element);
  }, seconds * 1000);
}

document.addEventListener("DOMContentLoaded", () => {
  showTimes(document);
  document.addEventListener("click", followAirflowLink);
  document.addEventListener("click", askTwice);
  document.addEventListener("change", submitFilters);
  document.addEventListener("submit", leaveOutEmpty);
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
  });
  for (const element of document.querySelectorAll("[data-refresh]")) refresh(element);
});
