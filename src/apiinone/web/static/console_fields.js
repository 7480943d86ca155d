// A form from a model's JSON Schema, and the body that it holds.
(() => {
  const HIDDEN = new Set(["callback_url", "metadata", "deadline_s", "result_ttl_s", "max_credits", "quote_id"]);
  const LONG_TEXT = 300;
  const element = (name, facts = {}, ...inside) => {
    const made = Object.assign(document.createElement(name), facts);
    made.append(...inside);
    return made;
  };

  const isMedia = (schema) => Boolean(schema.anyOf?.some((one) => String(one.pattern ?? "").startsWith("^data:")));
  const mediaKind = (schema) => /data:(image|video|audio)/.exec(JSON.stringify(schema.anyOf ?? []))?.[1] ?? "image";

  function readFile(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
  }

  function mediaInput(schema, several, words) {
    const box = element(several ? "textarea" : "input", { placeholder: several ? `https://… ${words.one_a_line}` : "https://…" });
    const file = element("input", { type: "file", accept: `${mediaKind(schema)}/*`, multiple: several });
    file.setAttribute("aria-label", words.file);
    let urls = [];
    file.addEventListener("change", async () => {
      urls = await Promise.all([...file.files].map(readFile));
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const given = () => [...box.value.split(/\s+/).filter(Boolean), ...urls];
    return { node: element("div", { className: "media" }, box, file), main: box, set: (value) => { box.value = [].concat(value ?? []).join("\n"); },
      get: () => { const found = given(); return found.length ? (several ? found : found[0]) : undefined; } };
  }

  function jsonInput() {
    const box = element("textarea", { spellcheck: false, placeholder: "JSON" });
    return { node: box, main: box, set: (value) => { box.value = value === undefined ? "" : JSON.stringify(value, null, 2); },
      get: () => { if (!box.value.trim()) return undefined; try { return JSON.parse(box.value); } catch { return box.value; } } };
  }

  function input(schema, words) {
    if (isMedia(schema)) return mediaInput(schema, false, words);
    if (schema.type === "array" && isMedia(schema.items ?? {})) return mediaInput(schema.items, true, words);
    if (schema.enum) {
      const box = element("select", {}, ...(schema.default === undefined ? [element("option", { value: "", textContent: "—" })] : []),
        ...schema.enum.map((value) => element("option", { value: JSON.stringify(value), textContent: String(value) })));
      return { node: box, main: box, set: (value) => { box.value = value === undefined ? "" : JSON.stringify(value); }, get: () => (box.value ? JSON.parse(box.value) : undefined) };
    }
    if (schema.type === "boolean") {
      const box = element("input", { type: "checkbox" });
      return { node: box, main: box, set: (value) => { box.checked = Boolean(value); }, get: () => box.checked };
    }
    if (schema.type === "integer" || schema.type === "number") {
      const box = element("input", { type: "number", step: schema.type === "integer" ? "1" : "any" });
      if (schema.minimum !== undefined) box.min = schema.minimum;
      if (schema.maximum !== undefined) box.max = schema.maximum;
      return { node: box, main: box, set: (value) => { box.value = value ?? ""; }, get: () => (box.value === "" ? undefined : Number(box.value)) };
    }
    if (schema.type === "string") {
      const long = (schema.maxLength ?? 0) > LONG_TEXT && !schema.pattern?.includes("[x*]");
      const box = element(long ? "textarea" : "input", {});
      return { node: box, main: box, set: (value) => { box.value = value ?? ""; }, get: () => box.value || undefined };
    }
    return jsonInput();
  }

  window.formOf = (schema, example, place, words) => {
    const required = new Set(schema.required ?? []);
    const fields = new Map();
    place.replaceChildren();
    for (const [name, described] of Object.entries(schema.properties)) {
      if (HIDDEN.has(name)) continue;
      const made = input(described, words);
      const id = `field-${name}`;
      made.main.id = id;
      made.set(example[name] ?? described.default);
      const label = element("label", { htmlFor: id }, element("span", { textContent: name + (required.has(name) ? " *" : "") }));
      const why = element("p", { className: "why", hidden: true });
      const about = element("p", { className: "about", lang: "en", textContent: described.description ?? "" });
      const box = element("div", { className: "field" }, label, made.node, about, why);
      place.append(box);
      fields.set(name, { ...made, box, why });
    }
    return {
      body: () => Object.fromEntries([...fields].map(([name, field]) => [name, field.get()]).filter(([, value]) => value !== undefined)),
      wrong: (pointer, ...why) => {
        for (const [name, field] of fields) {
          const here = pointer === `/${name}` || pointer?.startsWith(`/${name}/`);
          field.box.classList.toggle("wrong", Boolean(here));
          field.why.hidden = !here;
          field.why.replaceChildren(...(here ? why : []));
          field.main.setAttribute("aria-invalid", String(Boolean(here)));
        }
        return [...fields.keys()].some((name) => pointer === `/${name}` || pointer?.startsWith(`/${name}/`));
      },
    };
  };
})();
