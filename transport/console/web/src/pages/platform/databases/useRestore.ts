import { useEffect, useRef, useState } from "react";
import { api } from "~/api/client";
import type { Backup, Database } from "./database";
import { type Progress, upload } from "./upload";

/** What is under way: the backup that is made first, the file on its way, the server at work. */
export type Step = { is: "backup" } | ({ is: "upload" } & Progress) | { is: "restore" };

export type Source = { backup: Backup } | { file: File };

/** useRestore makes a database what a backup holds, step by step. */
export function useRestore(database: Database) {
  const [step, setStep] = useState<Step>();
  const control = useRef<AbortController>(undefined);

  // Who leaves the page in the middle of a file is asked, since it would be for nothing.
  const sending = step?.is === "upload";
  useEffect(() => {
    if (!sending) {
      return;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [sending]);

  async function run(source: Source, first: boolean) {
    const abort = new AbortController();
    control.current = abort;
    const at = { params: { path: { database: database.name } } };
    try {
      if (first) {
        setStep({ is: "backup" });
        await api.POST("/databases/{database}/backups", at);
      }
      if ("backup" in source) {
        setStep({ is: "restore" });
        await api.POST("/backups/{backup}/restore", { params: { path: { backup: source.backup.name } } });
        return;
      }
      const { file } = source;
      setStep({ is: "upload", sent: 0, size: file.size });
      await upload(
        `/databases/${encodeURIComponent(database.name)}/restore`,
        file,
        ({ sent, size }) => setStep(sent < size ? { is: "upload", sent, size } : { is: "restore" }),
        abort.signal,
      );
    } finally {
      setStep(undefined);
    }
  }

  return { step, run, giveUp: () => control.current?.abort() };
}
