"""`finesse-chaos proxy`: the embedded Toxiproxy server alone."""

from pathlib import Path

import click

from chaos.commands.loops import loop_option
from chaos.commands.places import Place


@click.command()
@click.option("--host", default="localhost", show_default=True, help="where the API listens")
@click.option("--port", default=8474, show_default=True, type=click.IntRange(0, 65535))
@click.option("--config", type=Place(exists=True, dir_okay=False), help="JSON array of proxies")
@loop_option("auto")
@click.option("--seed", type=int, help="seed of the toxicity draws")
@click.option("--proxy-metrics", is_flag=True, help="Prometheus counters of the proxies at /metrics")
@click.option("--runtime-metrics", is_flag=True, help="Prometheus figures of the process at /metrics")
def proxy(
    host: str,
    port: int,
    config: Path | None,
    loop: str,
    seed: int | None,
    proxy_metrics: bool,
    runtime_metrics: bool,
) -> None:
    """Run the embedded Toxiproxy server alone; it speaks Toxiproxy's HTTP API."""
    from chaos import clock
    from chaos.errors import UsageError
    from chaos.run.interrupts import serve_until_told
    from chaos.toxiproxy import AddressError, serve

    served = serve(
        host,
        port,
        config=config,
        seed=seed,
        proxy_metrics=proxy_metrics,
        runtime_metrics=runtime_metrics,
        on_ready=lambda server: click.echo(f"Toxiproxy API on {server.api_url}; Ctrl-C stops it"),
    )
    try:
        clock.run(serve_until_told(served), virtual=False, kind=loop)
    except AddressError as error:
        raise UsageError(f"the API cannot listen on {host}:{port}: {error}; give another --host or --port") from error
    click.echo("stopped")
