#!/usr/bin/env python3
"""The same lines through other engines, in one run: python3 benches/peers.py FOLDER [LEDGER_LINES]

FOLDER/lines.csv is what the bench program wrote. Each engine loads the columns that a balance needs and sums them by
holder, site and substance. Needs duckdb and polars (pip), and, where they are on the path, psql + postgres and ledger;
an engine that is absent is left out and said to be. Amounts are taken as written (kilograms, litres, …): the sums mean
nothing, the work is the same.
"""
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

COLUMNS = ["reporter", "site", "kind", "date", "substance", "amount", "counterparty", "document", "lot"]


def row(what, lines, seconds):
    print(f"| {what} | {lines / 1e6:.2f} M lines | {seconds:.3f} | {lines / 1e6 / seconds:.2f} M lines/s |", flush=True)


def prepare(folder):
    """A plain CSV of the columns above, so that no engine is slowed by columns it does not need."""
    source, target = os.path.join(folder, "lines.csv"), os.path.join(folder, "plain.csv")
    lines = 0
    with open(source, newline="", encoding="utf-8") as f, open(target, "w", newline="", encoding="utf-8") as out:
        reader, writer = csv.reader(f), csv.writer(out, lineterminator="\n")
        header = next(reader)
        at = [header.index(c) for c in COLUMNS]
        writer.writerow(COLUMNS)
        for record in reader:
            writer.writerow([record[i] for i in at])
            lines += 1
    return target, lines


def sqlite(path, lines):
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(os.path.join(folder, "x.db"))
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"CREATE TABLE m ({', '.join(COLUMNS)})")
        start = time.perf_counter()
        with open(path, newline="", encoding="utf-8") as f:
            reader = csv.reader(f)
            next(reader)
            db.executemany(f"INSERT INTO m VALUES ({','.join('?' * len(COLUMNS))})", reader)
        db.commit()
        loaded = time.perf_counter()
        db.execute("SELECT reporter, site, substance, sum(CAST(amount AS REAL)) FROM m GROUP BY 1, 2, 3").fetchall()
        end = time.perf_counter()
    row("SQLite: inserts in one transaction", lines, loaded - start)
    row("SQLite: GROUP BY", lines, end - loaded)
    row("SQLite: both", lines, end - start)


def duck(path, lines):
    import duckdb
    group = "SELECT reporter, site, substance, sum(amount::DOUBLE) FROM {} GROUP BY 1, 2, 3"
    con = duckdb.connect()
    con.execute("SET threads=1")
    start = time.perf_counter()
    con.execute(group.format(f"read_csv('{path}', all_varchar=true)")).fetchall()
    row("DuckDB, 1 thread: CSV + GROUP BY", lines, time.perf_counter() - start)
    parquet = path + ".parquet"
    con.execute(f"COPY (SELECT *, TRY_CAST(date AS DATE) AS day FROM read_csv('{path}', all_varchar=true)) TO '{parquet}'")
    middle = con.execute(f"SELECT quantile_disc(day, 0.5) FROM '{parquet}'").fetchone()[0]
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        con.execute(group.format(f"'{parquet}' WHERE day <= DATE '{middle}'")).fetchall()
        best = min(best, time.perf_counter() - start)
    row("**DuckDB, 1 thread: balances at a past date from Parquet**", lines, best)


def polars_csv(path, lines):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars
    start = time.perf_counter()
    frame = polars.read_csv(path, infer_schema=False)
    frame.group_by("reporter", "site", "substance").agg(polars.col("amount").cast(polars.Float64, strict=False).sum())
    row("Polars, 1 thread: CSV + group", lines, time.perf_counter() - start)


def postgres(path, lines):
    binaries = os.environ.get("PG_BIN") or os.path.dirname(os.path.realpath(shutil.which("postgres") or ""))
    if not os.path.exists(os.path.join(binaries, "initdb")):
        found = [os.path.join(r, "") for r, _, f in os.walk("/usr/lib/postgresql") if "initdb" in f]
        if not found:
            print("| PostgreSQL | not installed here | | |")
            return
        binaries = found[0]
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.chmod(folder, 0o755)
        data = os.path.join(folder, "data")
        as_user = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        if as_user:
            subprocess.run(["chown", "nobody", folder], check=True)
        run = lambda *c: subprocess.run([*as_user, *c], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run(os.path.join(binaries, "initdb"), "-D", data, "-U", "bench", "--no-sync")
        run(os.path.join(binaries, "pg_ctl"), "-D", data, "-o", f"-k {folder} -h '' -c max_wal_size=8GB", "-l",
            os.path.join(folder, "log"), "-w", "start")
        try:
            def sql(text):
                subprocess.run(["psql", "-qX", "-h", folder, "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1",
                                "-c", text], check=True, stdout=subprocess.DEVNULL)
            sql(f"CREATE TABLE m ({', '.join(c + ' text' for c in COLUMNS)})")
            start = time.perf_counter()
            sql(f"\\copy m FROM '{path}' CSV HEADER")
            loaded = time.perf_counter()
            sql("SELECT reporter, site, substance, sum(amount::numeric) FROM m WHERE amount ~ '^[0-9.]+$' GROUP BY 1, 2, 3")
            end = time.perf_counter()
            chain(folder, sql)
            row("PostgreSQL: COPY", lines, loaded - start)
            row("PostgreSQL: GROUP BY", lines, end - loaded)
            row("**PostgreSQL: COPY + GROUP BY**", lines, end - start)
        finally:
            run(os.path.join(binaries, "pg_ctl"), "-D", data, "-m", "immediate", "stop")


HOPS = 10_000


def chain(folder, sql):
    """A lot that passes through ten thousand hands, followed by a recursive query over an index."""
    sql(f"CREATE TABLE step AS SELECT n AS a, n + 1 AS b FROM generate_series(1, {HOPS}) n; "
        "CREATE INDEX ON step (a) INCLUDE (b); ANALYZE step; SET jit = off")
    query = ("WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT b FROM step JOIN t ON a = n) SELECT count(*) FROM t")
    # The server's own time, without starting a client.
    told = subprocess.run(["psql", "-qXt", "-h", folder, "-U", "bench", "-d", "postgres", "-c", "SET jit = off",
                           *["-c", f"EXPLAIN (ANALYZE, TIMING OFF) {query}"] * 3], check=True, stdout=subprocess.PIPE, text=True).stdout
    best = min(float(line.split(":")[1].split()[0]) for line in told.splitlines() if "Execution Time" in line) / 1e3
    print(f"| **PostgreSQL: recursive query along a chain** | {HOPS} hops | {best:.6f} | {HOPS / best:.0f} hops/s |", flush=True)


def ledger(path, limit):
    if not shutil.which("ledger"):
        print("| ledger | not installed here | | |")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".ledger", encoding="utf-8") as out:
        with open(path, newline="", encoding="utf-8") as f:
            n = 0
            for r in csv.DictReader(f):
                if n >= limit:
                    break
                sign = "" if r["kind"] in ("receipt", "production", "recovery", "stocktake") else "-"
                place = f"{r['reporter']}:{r['site'] or 'main'}:{r['substance'].replace(' ', '_')}"
                amount = r["amount"].replace(",", ".") or "0"
                out.write(f"{r['date']} {r['document'] or 'x'}\n  {place}  {sign}{amount} kg\n  World\n\n")
                n += 1
        out.flush()
        start = time.perf_counter()
        subprocess.run(["ledger", "-f", out.name, "balance"], check=True, stdout=subprocess.DEVNULL)
        row("ledger: balance", n, time.perf_counter() - start)


def main():
    folder = sys.argv[1]
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    path, lines = prepare(folder)
    print("| what | amount | seconds | rate |\n| --- | --- | --- | --- |")
    for engine in (duck, polars_csv):
        try:
            engine(path, lines)
        except ImportError as e:
            print(f"| {e.name} | not installed here | | |")
    sqlite(path, lines)
    postgres(path, lines)
    ledger(path, limit)


if __name__ == "__main__":
    main()
