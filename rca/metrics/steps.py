"""The SQL steps of each metric: CTEs that follow `log(bucket, ...)` and end in `metric(bucket, value, n)`.

`{key}` is the bucket, or the bucket and the class.
"""

MEAN = """metric AS (  -- a row is a bucket
    SELECT bucket, avg(score) AS value, count(score) AS n FROM log GROUP BY bucket)"""

ROOT = """metric AS (  -- a row is a bucket
    SELECT bucket, sqrt(avg(score)) AS value, count(score) AS n FROM log GROUP BY bucket)"""

F1_BINARY = """metric AS (  -- a row is a bucket
    SELECT bucket,
           CASE WHEN sum(score + positive) > 0 THEN 2 * sum(score * positive) / sum(score + positive) END AS value,
           count(*) AS n
    FROM log WHERE score IS NOT NULL AND positive IS NOT NULL GROUP BY bucket)"""

F1_MACRO = """answered AS (  -- a row is a labelled row
    SELECT bucket, prediction, label FROM log WHERE prediction IS NOT NULL AND label IS NOT NULL),
pairs AS (  -- a row is a bucket, answer and truth
    SELECT bucket, prediction, label, count(*) AS n FROM answered GROUP BY bucket, prediction, label),
sides AS (  -- a row is a class seen in a bucket, as answer or as truth; hits counts both sides
    SELECT bucket, prediction AS class, n, n * (prediction = label)::INTEGER AS hits, 0 AS truths FROM pairs
    UNION ALL
    SELECT bucket, label, n, n * (prediction = label)::INTEGER, n FROM pairs),
classes AS (  -- a row is a class in a bucket
    SELECT bucket, class, sum(hits) / sum(n) AS f1, sum(truths) AS truths FROM sides GROUP BY bucket, class),
metric AS (  -- a row is a bucket
    SELECT bucket, avg(f1) AS value, sum(truths) AS n FROM classes GROUP BY bucket)"""

SCORED = """scored AS (  -- a row is a scored row (of one class): its score and whether (how likely) it is positive
    SELECT {key}, score, positive FROM log WHERE score IS NOT NULL AND positive IS NOT NULL)"""

RANKS = """ranked AS (  -- adds its rank, tied scores sharing the mean of theirs
    SELECT {key}, positive, rank() OVER scores
           + (count(*) OVER (scores RANGE BETWEEN CURRENT ROW AND CURRENT ROW) - 1) / 2 AS place
    FROM scored WINDOW scores AS (PARTITION BY {key} ORDER BY score)),
sums AS (  -- a row is a class in a bucket
    SELECT {key}, count(*) AS n, sum(positive) AS positives, sum(positive * place) AS places
    FROM ranked GROUP BY {key}),
areas AS (  -- adds the share of pairs in the right order (Mann & Whitney, 1947)
    SELECT *, CASE WHEN positives > 0 AND positives < n
                   THEN (places - positives * (positives + 1) / 2) / (positives * (n - positives)) END AS area
    FROM sums)"""

EXPECTED = """tied AS (  -- a row is one distinct score: expected positives and negatives that share it
    SELECT {key}, score, sum(positive) AS positives, sum(1 - positive) AS negatives, count(*) AS n
    FROM scored GROUP BY {key}, score),
beaten AS (  -- adds the negatives that it beats, ties counting half
    SELECT *, sum(negatives) OVER (PARTITION BY {key} ORDER BY score) - negatives / 2 AS below FROM tied),
areas AS (  -- a row is a class in a bucket
    SELECT {key}, sum(n) AS n,
           CASE WHEN sum(positives) > 0 AND sum(negatives) > 0
                THEN sum(positives * below) / (sum(positives) * sum(negatives)) END AS area
    FROM beaten GROUP BY {key})"""

AREA = """metric AS (  -- a row is a bucket; macro average over the classes that occur
    SELECT bucket, avg(area) AS value, max(n) AS n FROM areas GROUP BY bucket)"""

NDCG = """scored AS (  -- a row is a labelled document of a query
    SELECT bucket, query, score, pow(2, least(label, 60)) - 1 AS gain FROM log
    WHERE query IS NOT NULL AND score IS NOT NULL AND label IS NOT NULL),
placed AS (  -- adds its discount in the given order and in the ideal one
    SELECT *, 1 / log2(1 + row_number() OVER (PARTITION BY bucket, query ORDER BY score DESC)) AS discount,
           1 / log2(1 + row_number() OVER (PARTITION BY bucket, query ORDER BY gain DESC)) AS ideal
    FROM scored),
tied AS (  -- a row is a score within a query; documents that tie share their places
    SELECT bucket, query, sum(gain) * avg(discount) AS dcg, sum(gain * ideal) AS best, max(gain) AS top
    FROM placed GROUP BY bucket, query, score),
queries AS (  -- a row is a query that has a positive label
    SELECT bucket, query, sum(dcg) / sum(best) AS ndcg FROM tied GROUP BY bucket, query HAVING max(top) > 0),
metric AS (  -- a row is a bucket; n counts queries
    SELECT bucket, avg(ndcg) AS value, count(*) AS n FROM queries GROUP BY bucket)"""
