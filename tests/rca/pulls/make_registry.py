"""Make a real MLflow registry on SQLite: `python make_registry.py FOLDER`; three versions, a signature that changes."""

import sys
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.models import ModelSignature
from mlflow.pyfunc import PythonModel
from mlflow.types import ColSpec, Schema


class Echo(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def main(folder: Path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    client = MlflowClient()
    experiment = client.create_experiment("fraud", artifact_location=(folder / "artifacts").as_uri())
    columns = {"amount": "double", "hour": "long"}
    for auc, added in ((0.91, {}), (0.93, {"country": "string"}), (0.92, {})):
        columns |= added
        signature = ModelSignature(inputs=Schema([ColSpec(type_, name) for name, type_ in columns.items()]))
        with mlflow.start_run(experiment_id=experiment):
            mlflow.log_metrics({"auc": auc, "broken": float("nan")})
            mlflow.pyfunc.log_model(
                name="model",
                python_model=Echo(),
                signature=signature,
                registered_model_name="fraud",
                pip_requirements=[],
            )
    client.set_registered_model_alias("fraud", "champion", "1")
    client.transition_model_version_stage("fraud", "1", "Production")
    client.create_registered_model("o'dd")
    client.create_model_version("o'dd", source="s3://elsewhere/model")


main(Path(sys.argv[1]))
