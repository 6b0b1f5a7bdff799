import { apiBase } from "~/api/client";
import { Problem, type ProblemBody } from "~/api/problem";

/** How far the bringing of a file is: of its bytes, or all of them are there and the server works. */
export type Progress = { sent: number; size: number };

/** parse reads what a server said, as far as it is JSON. */
function parse(text: string): ProblemBody {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return {};
  }
}

/**
 * upload sends a file as it is, and tells how far it is: only XMLHttpRequest knows. What is no success rejects with a
 * {@link Problem}, as calls of the API do.
 */
export function upload(
  path: string,
  file: Blob,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const unreached = () => reject(new Problem({ status: 0, code: "offline", title: "offline" }));
    request.open("POST", apiBase + path);
    request.setRequestHeader("X-Requested-With", "bailiwick");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded }) => progress({ sent: loaded, size: file.size });
    request.upload.onload = () => progress({ sent: file.size, size: file.size });
    request.onload = () => {
      const { status, statusText, responseText } = request;
      if (status >= 200 && status < 300) {
        resolve();
      } else {
        reject(new Problem({ status, code: "internal", title: statusText, ...parse(responseText) }));
      }
    };
    request.onerror = unreached;
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
