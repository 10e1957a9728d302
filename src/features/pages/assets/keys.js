/** Passkeys and security keys (WebAuthn): gives the options of a form to the browser, and its answer to the form. */

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const described = (keys = []) => keys.map((key) => ({ ...key, id: bytesOf(key.id) }));

/** For browsers older than `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`. */
function parse(does, options) {
  if (does === 'create') {
    if (PublicKeyCredential.parseCreationOptionsFromJSON !== undefined)
      return PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    };
  }
  if (PublicKeyCredential.parseRequestOptionsFromJSON !== undefined)
    return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
}

/** Written out, because some password managers answer without `toJSON`, or with a broken one. */
function jsonOf({ rawId, type, response }) {
  const id = textOf(rawId);
  const parts = { clientDataJSON: textOf(response.clientDataJSON) };
  if (response.attestationObject === undefined) {
    parts.authenticatorData = textOf(response.authenticatorData);
    parts.signature = textOf(response.signature);
    if (response.userHandle?.byteLength > 0) parts.userHandle = textOf(response.userHandle);
  } else {
    parts.attestationObject = textOf(response.attestationObject);
    parts.transports = response.getTransports?.() ?? [];
  }
  return JSON.stringify({ id, rawId: id, type, response: parts });
}

const isSupported = globalThis.PublicKeyCredential !== undefined && navigator.credentials !== undefined;

/** What browsers call the reasons for which nothing came. */
const REASONS = {
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
  InvalidStateError: 'known',
  SecurityError: 'address',
};

/** A browser waits for one answer at a time: the one in the field for the name ends when a button is pressed. */
let waiting;

async function ask(form, mediation) {
  const does = form.dataset.key;
  waiting?.abort();
  const own = new AbortController();
  waiting = own;
  const publicKey = parse(does, JSON.parse(form.dataset.options));
  const credential = await navigator.credentials[does]({ publicKey, mediation, signal: own.signal });
  form.elements.credential.value = jsonOf(credential);
  form.requestSubmit();
}

function prepare(form) {
  const problem = form.querySelector('[data-problem]');
  const button = form.querySelector('[data-press]');
  const tell = (text) => {
    problem.textContent = text;
    problem.hidden = false;
  };
  form.querySelector('[data-scriptless]')?.remove();
  if (!isSupported) {
    if (form.dataset.beside === undefined) tell(form.dataset.unsupported);
    return;
  }
  form.hidden = false;
  button.hidden = false;
  button.addEventListener('click', async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      await ask(form, undefined);
    } catch (error) {
      tell(form.dataset[REASONS[error.name] ?? 'failed']);
      button.disabled = false;
      button.focus();
    }
  });
  // Enter in a field does what the button does.
  form.addEventListener(
    'submit',
    (event) => {
      if (form.elements.credential.value !== '') return;
      event.preventDefault();
      event.stopImmediatePropagation();
      button.click();
    },
    { capture: true },
  );
}

/** Passkeys among the names that the browser offers, in the field that asks for `webauthn`. */
async function offer(form) {
  if (!isSupported || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  try {
    await ask(form, 'conditional');
  } catch {
    // Nothing was chosen: people type a name, or press a button.
  }
}

for (const form of document.querySelectorAll('form[data-key]')) {
  prepare(form);
  if (form.dataset.beside !== undefined) offer(form);
}
