// A request of the journal, spelled as something to run: a line of curl, a test.

const REDACTED = "[redacted]";

/** A value with the world's own key and token where the journal blotted such out. */
function revealed(value, world) {
  if (typeof value === "string") {
    return value.replaceAll(`phx_${REDACTED}`, world.api_key ?? "").replaceAll(`phc_${REDACTED}`, world.project_token ?? "");
  }
  if (Array.isArray(value)) return value.map((item) => revealed(item, world));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) =>
      [name, item === REDACTED && /^(api_key|token|api_token)$/.test(name) ? world.project_token : revealed(item, world)]));
  }
  return value;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function address(entry, world) {
  const pairs = Object.entries(revealed(entry.query, world)).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  return entry.path + (pairs.length ? `?${new URLSearchParams(pairs)}` : "");
}

/** A line of curl, with the world's own key in the place of the one that was sent, which the journal does not tell. */
export function asCurl(entry, world) {
  const parts = ["curl"];
  if (entry.method !== "GET") parts.push(`-X ${entry.method}`);
  if (entry.headers.Authorization) parts.push(`-H ${quoted(`Authorization: Bearer ${world.api_key}`)}`);
  if (entry.body !== null) {
    const type = entry.headers["Content-Type"] ?? "application/json";
    parts.push(`-H ${quoted(`Content-Type: ${type}`)}`);
    const text = typeof entry.body === "string" ? revealed(entry.body, world)
      : type.startsWith("application/x-www-form-urlencoded") ? new URLSearchParams(revealed(entry.body, world)).toString()
        : JSON.stringify(revealed(entry.body, world));
    parts.push(`-d ${quoted(text)}`);
  }
  parts.push(quoted(location.origin + address(entry, world)));
  return parts.join(" ");
}

/** A test for pytest, with the fixture `posthog`, that expects the answer that was given. */
export function asTest(entry, world) {
  const name = (entry.operation ?? entry.path.replace(/\W+/g, "_").replace(/^_|_$/g, "")).toLowerCase();
  const own = address(entry, world).replace(/^\/api\/(projects|environments)\/[^/]+/, "/api/$1/{posthog.project_id}");
  const path = `${own.includes("{posthog.") ? "f" : ""}${JSON.stringify(own)}`;
  const sent = entry.body === null ? "" : typeof entry.body === "string"
    ? `, content=${python(entry.body)}` : `, json=${python(revealed(entry.body, world))}`;
  const outcome = entry.status === null
    ? [`    with pytest.raises(httpx.RemoteProtocolError):`, `        posthog.http.request("${entry.method}", ${path}${sent})`]
    : [`    answer = posthog.http.request("${entry.method}", ${path}${sent})`, `    assert answer.status_code == ${entry.status}`];
  if (entry.status >= 400 && entry.response?.code) outcome.push(`    assert answer.json()["code"] == ${python(entry.response.code)}`);
  const imports = entry.status === null ? "import httpx\nimport pytest\n\n\n" : "";
  return `${imports}def test_${name}(posthog):\n${outcome.join("\n")}\n`;
}

/** A JSON value as Python writes it. */
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, item]) => `${python(name)}: ${python(item)}`).join(", ")}}`;
  return JSON.stringify(value);
}
