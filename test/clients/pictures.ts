import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';

/**
 * Where pictures go: `WRITE_PICTURES=1` renews those of the documents, every other run leaves the working tree alone.
 */
const FOLDER =
  process.env['WRITE_PICTURES'] === '1'
    ? path.resolve('docs/images')
    : mkdtempSync(path.join(tmpdir(), 'pictures-'));

export interface Picture {
  readonly file: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** Takes a picture of what the window shows of a page. @param name of the file, without `.png` */
export async function takePicture(page: Page, name: string): Promise<Picture> {
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${name}.png`);
  writeFileSync(file, png);
  // The header of a PNG has its size behind the signature and the name of the chunk.
  return { file, bytes: png.length, width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/** @returns how many colours a picture has, as the browser decodes it: a blank one has one */
export async function coloursOf(page: Page, file: string): Promise<number> {
  const blank = await page.context().newPage();
  const source = `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  const count = await blank.evaluate<number>(`(${COUNT})(${JSON.stringify(source)})`);
  await blank.close();
  return count;
}

/** Runs in the browser. */
const COUNT = `async (source) => {
  const bitmap = await createImageBitmap(await (await fetch(source)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  return new Set(new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
}`;
