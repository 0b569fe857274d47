"""The columns: what the contract says, what is built, what is documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.tables import TABLES, Filters, Tables, choose
from analyzer.tables.document import LIVE, SHIPPED, json_schema, live_schema, schema_text
from analyzer.tables.flow_columns import BUILDERS
from tests.helpers_judge import Judge
from tests.helpers_result import life

CONTRACT = {  # design 7, in its words
    "captures": "capture path format link_types frames tcp_segments skipped start end duration_s dropped "
    "truncated_at",
    "flows": "flow capture stream client client_port server server_port start end duration_s "
    "last_sign_of_life frames client_bytes server_bytes verdict reason severity closed_by prober probes "
    "replies unanswered resets client_keepalive_time_s client_keepalive_interval_s client_keepalive_count "
    "server_keepalive_time_s server_keepalive_interval_s server_keepalive_count rtt_min_s rtt_median_s "
    "rtt_max_s handshake_rtt_s client_state server_state stack findings display_filter",
    "events": "capture frame time flow kind sender source seq ack length window gap_s rtt_s answers",
    "packets": "capture frame time flow kind sender source seq ack length window gap_s rtt_s answers",
    "probe_runs": "flow prober start end probes answered idle_s spacing_min_s spacing_median_s spacing_max_s "
    "outcome first_frame last_frame",
    "handshakes": "flow start syn_count syn_ack_count rtt_s client_mss client_window_scale client_sack "
    "client_timestamps client_tfo client_mptcp server_mss server_window_scale server_sack server_timestamps "
    "server_tfo server_mptcp outcome",
    "findings": "finding severity confidence scope capture flow start end frames summary advice",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_the_columns_are_those_of_the_contract(name: str) -> None:
    assert TABLES[name].names == tuple(CONTRACT[name].split())


def test_there_are_no_other_tables() -> None:
    assert list(TABLES) == list(CONTRACT)


@pytest.mark.parametrize("name", CONTRACT)
def test_every_column_has_one_sentence(name: str) -> None:
    for column in TABLES[name].columns:
        assert column.text[0].isupper() or column.text[0] == "`", column
        assert column.text.endswith("."), column


@pytest.mark.parametrize("name", CONTRACT)
def test_what_is_built_has_the_columns_in_order(name: str) -> None:
    tables = Tables(choose([life()], Filters()), Judge(), packets=True)
    for block in tables.blocks(name):
        assert tuple(block) == TABLES[name].names


def test_every_flow_column_has_a_builder() -> None:
    assert tuple(BUILDERS) == TABLES["flows"].names


@pytest.mark.parametrize(("file", "schema"), [(SHIPPED, json_schema()), (LIVE, live_schema())])
def test_the_shipped_json_schemas_are_the_generated_ones(file: Path, schema: dict[str, Any]) -> None:
    hint = "python -m analyzer.tables.document writes them anew"
    assert file.read_text(encoding="utf-8") == schema_text(schema), hint


def test_the_json_schema_asks_for_all_tables_but_packets() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == {"schema", *CONTRACT}
    assert set(schema["required"]) == {"schema", *CONTRACT} - {"packets"}
