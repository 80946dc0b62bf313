"""A night of logs by trimtab and by a DuckDB script over the same files, in turn: equal results, then ratios.

  night.py --trimtab PROGRAM --company PROGRAM [--requests N] [--body-bytes N] [--runs N] [--work FOLDER]
           [--codec gzip|zstd] [--calls-per-batch N]

`--company` is the generator, `cargo build --release --example company`. Both engines read the same files; what they found by day,
workload and model has to be equal to the last decimal, or nothing is printed. Wall times are medians of paired runs; DuckDB's start
is taken off. `same job` is trimtab up to its daily relations (stages of its run record) against the first half of the script,
`whole run` everything against everything. The limit is gunzip with a newline count in the same process, a lower bound of any reader."""
import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from decimal import Decimal
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-11-20"


def measured(command, folder):
    """Seconds and the child's peak memory in MiB."""
    begun = time.perf_counter()
    child = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, error = child.communicate()
    wall = time.perf_counter() - begun
    if child.returncode:
        sys.exit(f"{command[0]} failed: {error.decode()[-2000:]}")
    return wall


def peer(logs, out, half):
    """Runs in a process of its own: seconds of the script without the start of the interpreter, its peak memory in MiB."""
    if out.exists():
        shutil.rmtree(out)
    out.mkdir()
    text = (Path(__file__).parent / "night.sql").read_text()
    parts = text.split("-- half\n")
    text = parts[0] if half else "".join(parts)
    for key, value in {"logs": logs, "seeds": ROOT / "queries/seeds", "out": out}.items():
        text = text.replace("{" + key + "}", str(value))
    begun = time.perf_counter()
    duckdb.sql(text)
    wall = time.perf_counter() - begun
    print(json.dumps({"wall": wall, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def theirs(logs, out, half):
    said = subprocess.run([sys.executable, __file__, "--peer", str(logs), str(out), *(["--half"] if half else [])], capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"the script failed: {said.stderr[-2000:]}")
    found = json.loads(said.stdout.splitlines()[-1])
    return found["wall"], found["peak"]


def ours(program, folder):
    """Seconds of a first run over everything, of its stages up to the daily relations, and its peak memory in MiB."""
    for name in ("state", "out"):
        shutil.rmtree(folder / name, ignore_errors=True)
    wrapped = [sys.executable, "-c", "import resource, subprocess, sys\ncode = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
               "open('peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))\nsys.exit(code)",
               program, "run", "--config", "run.toml", "--quiet"]
    measured(wrapped, folder)
    record = json.loads(max((folder / "state/runs").glob("*.json")).read_text())
    stages = {stage["stage"]: stage["ms"] / 1000 for stage in record["stages"]}
    return record["ms"] / 1000, stages, float((folder / "peak").read_text())


def equal(folder):
    """Both by day, workload and model; rows that differ stop the benchmark."""
    own = duckdb.sql(f"""select event_date as day, workload_id, billed_model_id as model_id, sum(requests)::bigint as requests,
        sum(usage_input_uncached_tokens + usage_cache_read_tokens)::bigint as input_tokens,
        sum(usage_output_visible_tokens + usage_output_reasoning_tokens)::bigint as output_tokens, sum(cost_usd) as cost_usd
        from read_parquet('{folder}/state/workload_cube/**/*.parquet', hive_partitioning = true) group by all order by all""").fetchall()
    script = duckdb.sql(f"""select day, workload_id, model_id, requests, coalesce(input_tokens, 0)::bigint, coalesce(output_tokens, 0)::bigint,
        coalesce(cost_usd, 0) from '{folder}/peer/rolled.parquet' order by all""").fetchall()
    if own != script:
        odd = sorted(set(map(str, own)) ^ set(map(str, script)))
        sys.exit(f"{len(odd)} rows differ, such as\n" + "\n".join(odd[:6]))
    return sum(row[3] for row in own), sum((Decimal(row[6]) for row in own), Decimal(0))


def limit(logs):
    """Seconds to inflate every object and to count its lines, one after the other; halved for two cores it is what no reader beats."""
    begun = time.perf_counter()
    size = 0
    for path in sorted(logs.rglob("*.gz")):
        inflate = zlib.decompressobj(31)
        with open(path, "rb") as file:
            while part := file.read(1 << 16):
                plain = inflate.decompress(part)
                size += len(plain)
                plain.count(b"\n")
    return time.perf_counter() - begun, size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trimtab", type=Path)
    parser.add_argument("--company", type=Path)
    parser.add_argument("--requests", type=int, default=167_000)
    parser.add_argument("--body-bytes", type=int, default=0)
    parser.add_argument("--codec", choices=("gzip", "zstd"), default="gzip")
    parser.add_argument("--calls-per-batch", type=int, default=20_000, help="1 makes objects of one record")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    parser.add_argument("--peer", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--half", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        return peer(*given.peer, given.half)
    folder = given.work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    logs = folder / "logs/litellm"
    subprocess.run([given.company.resolve(), "--out", folder / "logs", "--days", "1", "--start", DAY, "--requests-per-night", str(given.requests),
                    "--formats", "litellm", "--body-bytes", str(given.body_bytes), "--calls-per-batch", str(given.calls_per_batch), "--codec", given.codec, "--run-file", folder / "run.toml",
                    "--prices", ROOT / "queries/seeds/model_prices.csv"], check=True)
    rounds = []
    for _ in range(given.runs):
        whole, stages, peak = ours(given.trimtab.resolve(), folder)
        half_wall, _ = theirs(logs, folder / "peer", True)
        all_wall, their_peak = theirs(logs, folder / "peer", False)
        rounds.append({"whole": whole, "stages": stages, "peak": peak, "half": half_wall, "all": all_wall, "their_peak": their_peak})
    requests, cost = equal(folder)
    seconds, size = limit(logs)

    def median(of):
        return statistics.median(map(of, rounds))

    def daily(found):
        return sum(seconds for stage, seconds in found["stages"].items() if stage in ("ingest", "build"))

    print(f"{requests} requests, {cost:.12f} USD in both; {size / 1e6:.0f} MB of gzipped text; {given.runs} paired runs, medians")
    for stage in rounds[0]["stages"]:
        print(f"  stage {stage:10} {median(lambda found: found['stages'][stage]):8.2f} s")
    print(f"same job   trimtab {median(daily):6.2f} s  DuckDB {median(lambda f: f['half']):6.2f} s  ratio {median(lambda f: f['half'] / daily(f)):.2f}")
    print(f"whole run  trimtab {median(lambda f: f['whole']):6.2f} s  DuckDB {median(lambda f: f['all']):6.2f} s  "
          f"ratio {median(lambda f: f['all'] / f['whole']):.2f}")
    print(f"memory     trimtab {median(lambda f: f['peak']):6.0f} MiB  DuckDB {median(lambda f: f['their_peak']):6.0f} MiB")
    if given.codec == "gzip":
        print(f"limit      gunzip and count lines, one core: {seconds:.2f} s")


if __name__ == "__main__":
    main()
