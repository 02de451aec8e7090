"""What a model predicts, where `system.yaml` does not say."""

from rca.ingest.predictions.batches import Group
from rca.ingest.predictions.roles import Roles
from rca.ingest.session import Session
from rca.ingest.types import as_target, kind_of


def infer_task(session: Session, roles: Roles, groups: list[Group]) -> str:
    """Return `binary`, `multiclass`, `regression` or `ranking`: the declared task, else by the first batch that tells.

    Text predictions are classes; a `query_id` means ranking; predictions within [0, 1] whose labels
    (if any are known) are 0 or 1 are probabilities; everything else is regression.
    """
    if roles.node.task:
        return roles.node.task
    for group in groups:
        reserved, _ = roles.split(group.relation.columns)
        prediction, label = reserved.get("prediction"), reserved.get("label")
        if prediction is None:
            continue
        if kind_of(prediction.observed) == "category" and prediction.observed != '"NULL"':
            return "multiclass"
        if "query_id" in reserved:
            return "ranking"
        outside = f"count(*) FILTER ({as_target(prediction.ref, prediction.type)} NOT BETWEEN 0 AND 1)"
        wrong = f"count(*) FILTER ({as_target(label.ref, label.type)} NOT IN (0, 1))" if label else "0"
        row = session.run(f"SELECT {outside}, {wrong} FROM {group.relation.sql}").fetchone() or (1, 1)
        return "binary" if row == (0, 0) else "regression"
    return "regression"
