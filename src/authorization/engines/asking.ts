import { questionDocument, serialize } from './document.js';
import type { PolicyQuestion } from './engine.js';
import { lateAnswer } from './opa-transport.js';
import { noDecision } from './problems.js';

/** The questions of one request, until they are answered or their time is over. */
export interface Asking {
  readonly questions: readonly PolicyQuestion[];
  /** The document of each question, as JSON. */
  readonly documents: readonly string[];
  readonly isOver: () => boolean;
  /** Ends it with one answer for each question. Like `fail`, it does nothing once the asking is over. */
  readonly answer: (answers: readonly unknown[]) => void;
  readonly fail: (error: unknown) => void;
  /** The exchange that carries it replaces this, to hear when its time is over. */
  onExpiry: (reason: Error) => void;
}

/**
 * @param timeoutMs from now to the answer, whatever happens in between
 * @param carry gets the asking to an answer. It must not throw
 * @returns the answers
 * @throws ServiceUnavailable `opa_bad_answer` for a document that cannot be written as JSON, before `carry` is called;
 *   `opa_unreachable` when the time is over; whatever `carry` fails it with
 */
export async function startAsking(
  questions: readonly PolicyQuestion[],
  timeoutMs: number,
  carry: (asking: Asking) => void,
): Promise<readonly unknown[]> {
  const documents = questions.map((question) => serialize(questionDocument(question)));
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = () => {
      isOver = true;
      clearTimeout(timer);
    };
    const asking: Asking = {
      questions,
      documents,
      isOver: () => isOver,
      answer: (answers) => {
        end();
        resolve(answers);
      },
      fail: (error) => {
        end();
        reject(error);
      },
      onExpiry: () => undefined,
    };
    const timer = setTimeout(() => {
      const late = lateAnswer(timeoutMs);
      asking.fail(noDecision('opa_unreachable', late));
      asking.onExpiry(late);
    }, timeoutMs);
    carry(asking);
  });
}
