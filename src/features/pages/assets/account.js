/** Small things that need a browser. Every page works without them. */

const { lang } = document.documentElement;

for (const time of document.querySelectorAll('time[datetime]')) {
  const moment = new Date(time.dateTime);
  const style = time.dataset.day === undefined ? { dateStyle: 'medium', timeStyle: 'short' } : { dateStyle: 'medium' };
  time.textContent = new Intl.DateTimeFormat(lang, style).format(moment);
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  const field = document.getElementById(button.dataset.copy);
  if (field === null || navigator.clipboard === undefined) continue;
  const word = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field.value ?? field.innerText);
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = word), 2000);
    } catch {
      getSelection().selectAllChildren(field);
      field.select?.();
    }
  });
}

/** A second click sends nothing. A page that comes back from the history can be sent again. */
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent !== undefined) event.preventDefault();
    else form.dataset.sent = '';
  });
}

addEventListener('pageshow', (event) => {
  // After signing out, the history must show nothing of the account.
  if (event.persisted) location.reload();
});
