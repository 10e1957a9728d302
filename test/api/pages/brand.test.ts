import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestApp } from '../../support/app.js';
import { createVisitor } from '../../support/visitor.js';

function fileWith(name: string, content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'brand-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('a brand', () => {
  it('is on every page: its name, its logo, which runs nothing, and its colour', async () => {
    const logo = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const env = { SITE_NAME: 'Acme', BRAND_LOGO: fileWith('acme.SVG', logo), BRAND_COLOR: '#0a7d55' };
    const app = await createTestApp({ env });
    onTestFinished(() => app.close());
    const { root } = await createVisitor(app).open('/account/sign-in');
    expect(root.querySelector('.brand')?.text).toBe('Acme');
    const image = await app.send(root.querySelector('.brand img')?.getAttribute('src') ?? '');
    expect([image.status, image.headers['content-type'], image.text]).toEqual([200, 'image/svg+xml', logo]);
    expect(image.headers['content-security-policy']).toContain('sandbox');
    const style = await app.send(root.querySelector('link[rel=stylesheet]')?.getAttribute('href') ?? '');
    expect(style.text).toContain('--accent: #0a7d55;');
  });

  it.each([
    [{ BRAND_COLOR: 'green' }, /^BRAND_COLOR is "green": it must be a colour such as #1452cc\./],
    [{ BRAND_LOGO: '/nowhere/logo.png' }, /^BRAND_LOGO names \/nowhere\/logo\.png, which can't be read/],
    [{ BRAND_LOGO: '/etc/passwd' }, /^BRAND_LOGO is \/etc\/passwd: it must be a file whose name ends in/],
  ])('that is wrong stops the start: %j', async (env, sentence) => {
    await expect(createTestApp({ env })).rejects.toThrow(sentence);
  });
});
