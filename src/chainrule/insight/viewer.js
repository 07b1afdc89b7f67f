"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const stage = $("stage"), steps = data.steps;
  let at = -1, timer = 0, zoom = 0, least = 0.7, shown = "";  // at first no smaller than can be read

  // -- the picture ---------------------------------------------------------------------------------------------------

  function show(key) {
    const scene = data.scenes.find((one) => one.key === key) || data.scenes[0];
    shown = scene.key;
    $("scene").value = shown;
    stage.innerHTML = scene.svg;
    $("fold").disabled = shown === data.scenes[0].key;
    stage.querySelectorAll("[data-group]").forEach((item) => {
      const key = "group " + item.dataset.group;
      if (item.classList.contains("cr-group") && data.scenes.some((one) => one.key === key)) {
        item.setAttribute("role", "button");
        item.setAttribute("aria-expanded", "false");
        const open = () => { show(key); stage.querySelector('[data-group="' + CSS.escape(item.dataset.group) + '"]')?.focus(); };
        item.addEventListener("click", open);
        item.addEventListener("keydown", (event) => {
          if (event.key === "Enter") { event.preventDefault(); open(); }
        });
      }
    });
    fit(zoom);
    light();
  }

  function fit(wanted) {
    const svg = stage.querySelector("svg");
    if (!svg) return;
    const box = svg.viewBox.baseVal, wide = Math.min(1.25, (stage.clientWidth - 4) / box.width);
    const high = 0.78 * innerHeight / box.height - 0.01;  // what is too tall to be seen whole is scrolled
    zoom = wanted;
    const scale = zoom || Math.max(least, high < least ? wide : Math.min(wide, high));
    svg.style.maxWidth = "none";
    svg.style.width = box.width * scale + "px";
    svg.style.height = box.height * scale + "px";
    $("zoom").textContent = Math.round(scale * 100) + "%";
  }

  function zoomBy(factor) {
    const svg = stage.querySelector("svg");
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    fit(Math.max(0.1, Math.min(6, scale * factor)));
  }

  // -- the backward --------------------------------------------------------------------------------------------------

  function edges(key) {
    return key ? [...stage.querySelectorAll('[data-edges~="' + CSS.escape(key) + '"]')].filter((one) => !one.matches(".cr-link")) : [];
  }

  function item(step) {
    const owner = step.operation && stage.querySelector('[data-ops~="' + CSS.escape(step.operation) + '"]');
    return stage.querySelector('[data-key="' + CSS.escape(step.value) + '"]') || owner;
  }

  function light() {
    stage.querySelectorAll(".cr-lit, .cr-done").forEach((one) => one.classList.remove("cr-lit", "cr-done"));
    for (let past = 0; past < at; past++) edges(steps[past].edge).forEach((one) => one.classList.add("cr-done"));
    const step = steps[at];
    if (step) {
      const lines = edges(step.edge), end = item(step);
      lines.forEach((one) => one.classList.add("cr-lit"));
      if (end) end.classList.add("cr-lit");
      const seen = lines[0] || end;
      if (seen) seen.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    tell();
  }

  function tell() {
    const step = steps[at];
    $("count").textContent = steps.length ? Math.max(at + 1, 0) + " of " + steps.length : "";
    $("said").textContent = step
      ? step.text + (step.complete ? " (complete)" : " (more is to come)")
      : steps.length ? "The backward has not begun: press step, or play." : nothing();
    const now = {};
    for (let past = 0; past <= at; past++) now[steps[past].value] = steps[past];
    [...$("values").rows].forEach((row) => {
      const found = now[row.dataset.id];
      row.cells[1].textContent = found ? found.so_far : "–";
      row.cells[1].className = found ? "" : "open";
      row.classList.toggle("lit", Boolean(step) && step.value === row.dataset.id);
    });
    for (const id of ["first", "back"]) $(id).disabled = at < 0;
    for (const id of ["step", "last", "play"]) $(id).disabled = at >= steps.length - 1;
  }

  function nothing() {
    return "No backward to step through: " + (data.problems[0] || data.unseeded);
  }

  function go(to) {
    at = Math.max(-1, Math.min(steps.length - 1, to));
    light();
    if (at >= steps.length - 1) pause();
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    $("play").textContent = "play";
  }

  function play() {
    if (timer) return pause();
    if (at >= steps.length - 1) return;
    $("play").textContent = "pause";
    timer = setInterval(() => go(at + 1), 1100);
    go(at + 1);
  }

  // -- controls ------------------------------------------------------------------------------------------------------

  for (const scene of data.scenes) $("scene").add(new Option(scene.name, scene.key));
  for (const value of data.values) {
    const row = $("values").insertRow();
    row.dataset.id = value.id;
    row.insertCell().textContent = value.name;
    row.insertCell();
  }
  const fold = () => show(data.scenes[0].key);
  const actions = {
    first: () => { pause(); go(-1); }, back: () => { pause(); go(at - 1); }, play, step: () => { pause(); go(at + 1); },
    last: () => { pause(); go(steps.length - 1); }, smaller: () => zoomBy(0.8), larger: () => zoomBy(1.25), fit: () => { least = 0; fit(0); }, fold,
  };
  for (const id in actions) $(id).addEventListener("click", actions[id]);
  $("scene").addEventListener("change", (event) => show(event.target.value));
  addEventListener("resize", () => { if (!zoom) fit(0); });

  const keys = {
    ArrowRight: "step", ArrowLeft: "back", " ": "play", Home: "first", End: "last", "+": "larger", "=": "larger", "-": "smaller",
    0: "fit", f: "fold", Escape: "fold",
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("select, input") || (event.key === " " && event.target.closest("button, summary"))) return;
    const id = keys[event.key];
    if (id && !$(id).disabled) { event.preventDefault(); actions[id](); }
  });
  stage.addEventListener("wheel", (event) => {
    if (event.ctrlKey) { event.preventDefault(); zoomBy(event.deltaY < 0 ? 1.1 : 0.9); }
  }, { passive: false });

  $("scene").parentElement.hidden = $("fold").hidden = data.scenes.length < 2;
  show(data.scenes[0].key);
})();
