"""Make the compact copy of the hotel bookings that ships with the demo.

`python -m benchmarks.incidents.hotel_copy hotel_bookings.parquet rca/demo/data/hotel_bookings.parquet`
"""

import sys
from pathlib import Path

import duckdb

COPY = """
COPY (
    WITH dated AS (  -- a row is one booking, with the day on which it was made
        SELECT *,
               date_part('month', strptime(arrival_date_month, '%B')) AS arrival_month,
               make_date(arrival_date_year, date_part('month', strptime(arrival_date_month, '%B')),
                         arrival_date_day_of_month) - CAST(lead_time AS INTEGER) AS booked_on,
               row_number() OVER () AS line
        FROM read_parquet({source})
    )
    -- a row is one booking; every third line is left out to stay small
    SELECT booked_on, hotel, is_canceled, lead_time, arrival_month, arrival_date_week_number AS arrival_week,
           arrival_date_day_of_month AS arrival_day, stays_in_weekend_nights AS weekend_nights,
           stays_in_week_nights AS week_nights, adults, children, babies, meal, country, market_segment,
           distribution_channel, is_repeated_guest, previous_cancellations,
           previous_bookings_not_canceled AS previous_stays, reserved_room_type AS room_type, deposit_type,
           CAST(agent AS INTEGER)::VARCHAR AS agent, days_in_waiting_list AS waiting_days, customer_type, adr,
           required_car_parking_spaces AS parking_spaces, total_of_special_requests AS special_requests
    FROM dated
    WHERE line % 3 <> 0
    ORDER BY booked_on, line
) TO {target} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)
"""


def copy(source: Path, target: Path) -> None:
    """Write the copy: booking day added, leaking columns left out, names shortened."""
    with duckdb.connect() as connection:
        paths = {"source": f"'{source}'", "target": f"'{target}'"}
        connection.execute(COPY.format(**paths))


if __name__ == "__main__":
    copy(Path(sys.argv[1]), Path(sys.argv[2]))
