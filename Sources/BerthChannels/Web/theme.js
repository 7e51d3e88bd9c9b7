// Applies the chosen theme before the page is drawn, so that it does not flash.
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
} catch {
  document.documentElement.dataset.theme = "auto";
}
