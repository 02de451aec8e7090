"""Make the compact copies of the public tables that ship with the benchmark.

`python -m benchmarks.incidents.make_data TABLES [benchmarks/data]`, where TABLES holds the original
tables as Parquet files; `benchmarks/data/SOURCES.md` says where each comes from.
"""

import sys
from pathlib import Path

import duckdb

DATA = Path(__file__).parents[1] / "data"

ADULT = """
-- a row is one person; `?` is how the census file writes an unknown value
SELECT age::UTINYINT AS age, nullif(workclass, '?') AS workclass, education,
       "education-num"::UTINYINT AS education_years,
       "marital-status" AS marital_status, nullif(occupation, '?') AS occupation, relationship, race, sex,
       "capital-gain"::INTEGER AS capital_gain, "capital-loss"::INTEGER AS capital_loss,
       "hours-per-week"::UTINYINT AS hours_per_week, nullif("native-country", '?') AS country, income
FROM read_parquet('{tables}/adult.parquet')
"""

BANK = """
-- a row is one call, in the order of the calls; how long it lasted gives the outcome away
SELECT * EXCLUDE (duration, _row, _year_inferred), _year_inferred::USMALLINT AS year
FROM read_parquet('{tables}/bank_marketing.parquet') ORDER BY _row
"""

TELCO = """
-- a row is one customer
SELECT * EXCLUDE (customerID, PhoneService, TotalCharges), TRY_CAST(TotalCharges AS DOUBLE) AS TotalCharges
FROM read_parquet('{tables}/telco_churn.parquet')
"""

BEIJING = """
-- a row is one hour
SELECT make_timestamp(year, month, day, hour, 0, 0) AS hour_start, "pm2.5"::DOUBLE AS pm25, DEWP::DOUBLE AS dew_point,
       TEMP::DOUBLE AS temperature, PRES::DOUBLE AS pressure, cbwd AS wind_direction, Iws::DOUBLE AS wind_run,
       "Is"::UTINYINT AS snow_hours, Ir::UTINYINT AS rain_hours
FROM read_parquet('{tables}/beijing_pm25.parquet') ORDER BY hour_start
"""

BIKE = """
-- a row is one hour
SELECT * EXCLUDE (instant, registered) FROM read_parquet('{tables}/bike_sharing_hour.parquet') ORDER BY dteday, hr
"""

METRO = """
-- a row is one hour; an hour with several kinds of weather has one row each, of which the first is kept
SELECT date_time, any_value(nullif(holiday, 'None')) AS holiday, first(temp)::DOUBLE AS temp,
       first(rain_1h)::DOUBLE AS rain_1h, first(snow_1h)::DOUBLE AS snow_1h,
       first(clouds_all)::UTINYINT AS clouds_all, first(weather_main) AS weather_main,
       first(traffic_volume)::USMALLINT AS traffic_volume
FROM read_parquet('{tables}/metro_traffic_i94.parquet') GROUP BY date_time ORDER BY date_time
"""

FLIGHTS = """
WITH flown AS (  -- a row is one flight that arrived, every sixth kept
    SELECT *, row_number() OVER () AS line FROM read_parquet('{tables}/nycflights13_flights.parquet')
    WHERE arr_delay IS NOT NULL AND air_time IS NOT NULL
)
-- a row is one flight with the weather of its hour at its airport and what is known of its plane
SELECT f.month::UTINYINT AS month, f.day::UTINYINT AS day, f.sched_dep_time::USMALLINT AS sched_dep_time,
       f.sched_arr_time::USMALLINT AS sched_arr_time, f.dep_delay::SMALLINT AS dep_delay,
       f.arr_delay::SMALLINT AS arr_delay,
       f.carrier, f.origin, f.dest, f.air_time::USMALLINT AS air_time, f.distance::USMALLINT AS distance,
       p.year::USMALLINT AS plane_year, p.seats::USMALLINT AS seats, p.manufacturer,
       w.temp::DOUBLE AS temp, w.humid::DOUBLE AS humid, round(w.wind_speed, 1)::DOUBLE AS wind_speed,
       w.wind_dir::USMALLINT AS wind_dir, w.precip::DOUBLE AS precip, w.visib::DOUBLE AS visib
FROM flown f
LEFT JOIN read_parquet('{tables}/nycflights13_planes.parquet') p USING (tailnum)
LEFT JOIN read_parquet('{tables}/nycflights13_weather.parquet') w USING (origin, time_hour)
WHERE line % 6 = 0
ORDER BY f.month, f.day, f.sched_dep_time, line
"""

TAXI = """
WITH numbered AS (  -- a row is one ride, with the month of the file it was published in
    SELECT *, _file AS file_month, row_number() OVER () AS line,
           date_diff('second', pickup_datetime, dropoff_datetime) / 60.0 AS minutes,
           strftime(pickup_datetime, '%Y-%m') <> _file AS misdated
    FROM read_parquet('{tables}/nyc_taxi_2018_2020.parquet')
)
-- a row is one ride: every third, and each record that is out of any range or dated to another month
SELECT file_month, date_trunc('minute', pickup_datetime) AS pickup, round(minutes, 1)::DOUBLE AS minutes,
       vendor_id::UTINYINT AS vendor_id, passenger_count::UTINYINT AS passenger_count,
       round(trip_distance, 1)::DOUBLE AS trip_distance, rate_code_id::UTINYINT AS rate_code_id, store_and_fwd_flag,
       pickup_location_id::USMALLINT AS pickup_zone, dropoff_location_id::USMALLINT AS dropoff_zone,
       payment_type::UTINYINT AS payment_type, fare_amount::DOUBLE AS fare_amount, extra::DOUBLE AS extra,
       mta_tax::DOUBLE AS mta_tax, tip_amount::DOUBLE AS tip_amount, tolls_amount::DOUBLE AS tolls_amount,
       total_amount::DOUBLE AS total_amount, congestion_surcharge::DOUBLE AS congestion_surcharge
FROM numbered
WHERE line % 3 = 0 OR trip_distance > 1000 OR fare_amount > 5000 OR misdated
ORDER BY file_month, pickup, line
"""

CTA = """
-- a row is one day
SELECT service_date::DATE AS service_date, day_type, bus::INTEGER AS bus, rail_boardings::INTEGER AS rail_boardings,
       total_rides::INTEGER AS total_rides
FROM read_parquet('{tables}/cta_daily_boardings.parquet') ORDER BY service_date
"""

REVIEWS = """
WITH lots AS (  -- a row is one review; the longest are cut at a word's end
    SELECT CASE domain WHEN 'electronics_pros_cons' THEN 'electronics' WHEN 'amazon_cells' THEN 'phones'
                       WHEN 'imdb' THEN 'films' WHEN 'yelp' THEN 'restaurants' ELSE domain END AS domain,
           regexp_extract(text, '^(.{{0,220}})(\\s|$)', 1) AS text, label::UTINYINT AS label,
           md5(text) AS lot, row_number() OVER () AS line
    FROM read_parquet('{tables}/text_reviews_by_domain.parquet')
)
SELECT domain, text, label FROM lots
WHERE length(text) > 0 AND (domain <> 'electronics' OR line % 2 = 0)
ORDER BY lot, line
"""

COPIES = {
    "adult": ADULT,
    "bank": BANK,
    "telco": TELCO,
    "beijing": BEIJING,
    "bike": BIKE,
    "metro": METRO,
    "flights": FLIGHTS,
    "taxi": TAXI,
    "cta": CTA,
    "reviews": REVIEWS,
}
"""Name of the copy -> the query that makes it."""


def make(tables: Path, target: Path = DATA) -> None:
    """Write every copy."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, query in COPIES.items():
            file = target / f"{name}.parquet"
            connection.execute(
                f"COPY ({query.format(tables=tables)}) TO '{file}' "
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
            )
            print(f"{name:10} {file.stat().st_size / 1024:8.0f} KiB")


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:]))
