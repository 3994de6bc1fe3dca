from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Tool(Base):
    __tablename__ = "tools"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def seed(session):
    session.add(Tool(name="hammer"))
    session.add_all([Tool(name="saw"), Tool(name="drill")])
